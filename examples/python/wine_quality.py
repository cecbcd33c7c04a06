"""Wine quality (Cortez et al. 2009): a table in a CSV file, trained by C from keywords.

    tools/prepare_wine_quality.py            makes csv/wine_train.csv and csv/wine_test.csv
    python3 examples/python/wine_quality.py [DIRECTORY]
"""

import os
import sys

import pyneural as pn

directory = sys.argv[1] if len(sys.argv) > 1 else "csv"
trainer = pn.ConfigTrainer(
    model={"layers": "linear 64 | relu | dropout 0.1 | linear 32 | relu | linear 6", "input": 11},
    data={
        "train_file": os.path.join(directory, "wine_train.csv"),
        "test_file": os.path.join(directory, "wine_test.csv"),
        "label_column": "quality",
        "normalize": "zscore",
    },
    training={"epochs": 60, "batch_size": 32, "learning_rate": 0.003, "optimizer": "adam"},
    options={"random_seed": 1},
)
history = trainer.fit(verbose=sys.stderr.isatty())
print(f"train loss {history.train_loss[0]:.3f} -> {history.train_loss[-1]:.3f}")

model = trainer.model
score = model.evaluate(model.load_data(trainer.config, "test"))
print(f"test accuracy {100 * score.metric:.1f} % on {score.rows} wines")

# A wine as it stands in the table, not scaled: the model does that.
wine = [7.4, 0.7, 0.0, 1.9, 0.076, 11.0, 34.0, 0.9978, 3.51, 0.56, 9.4]
probabilities = model.predict([wine]).tolist()[0]
best = max(range(len(probabilities)), key=probabilities.__getitem__)
print(f"quality {model.class_name(best)} with probability {probabilities[best]:.2f}")
