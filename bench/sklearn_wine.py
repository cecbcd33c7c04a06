"""scikit-learn's MLPClassifier on prepared wine splits, for tools/compare_wine.py.

The same net, batch size, learning rate and epochs as the shipped config. Prints one test accuracy
per directory.

    sklearn_wine.py DIR [DIR ...] --hidden 64,32 --epochs 80 --batch 32 --lr 0.003
"""

import argparse
import os
import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler


def load(path):
    data = np.loadtxt(path, delimiter=",", skiprows=1)
    return data[:, :-1], data[:, -1].astype(int)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directories", nargs="+")
    parser.add_argument("--hidden", required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--lr", type=float, required=True)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for i, directory in enumerate(arguments.directories):
        x, y = load(os.path.join(directory, "wine_train.csv"))
        test_x, test_y = load(os.path.join(directory, "wine_test.csv"))
        scaler = StandardScaler().fit(x)
        net = MLPClassifier([int(n) for n in arguments.hidden.split(",")], alpha=0,
                            max_iter=arguments.epochs, batch_size=arguments.batch,
                            learning_rate_init=arguments.lr, n_iter_no_change=10 ** 9,
                            random_state=i)
        net.fit(scaler.transform(x), y)
        print(net.score(scaler.transform(test_x), test_y), flush=True)


if __name__ == "__main__":
    main()
