"""Each kind of bad input: one line that names the place, the exit code, nothing left behind."""

import os
import unittest

from cli_testing import BLOBS_CONFIG, CliTest


class BadInputTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write_blobs()

    def assert_train_refused(self, code, *words, args=("run.ini", "m.safetensors")):
        before = self.files()
        self.assert_refused(self.run_program("train", *args), code, *words)
        self.assertEqual(self.files(), before)

    def edit_config(self, old, new):
        self.assertIn(old, BLOBS_CONFIG)
        self.write("run.ini", BLOBS_CONFIG.replace(old, new))

    def edit_row(self, name, row, text):
        lines = self.read(name).decode().splitlines()
        lines[row] = text
        self.write(name, "\n".join(lines) + "\n")

    # --- configs: 3 ---

    def test_missing_config(self):
        self.assert_train_refused(3, "nowhere.ini", args=("nowhere.ini",))

    def test_config_is_a_directory(self):
        os.mkdir(self.path("folder"))
        self.assert_train_refused(3, "folder", args=("folder",))

    def test_unknown_key_is_suggested(self):
        self.edit_config("learning_rate", "learing_rate")
        self.assert_train_refused(
            3, "run.ini:17", "unknown key learing_rate", "[training]", "did you mean learning_rate?"
        )

    def test_value_out_of_range(self):
        self.edit_config("epochs = 5", "epochs = 0")
        self.assert_train_refused(3, "run.ini:15:10", "epochs is 0", "from 1")

    def test_value_of_another_type(self):
        self.edit_config("batch_size = 16", "batch_size = many")
        self.assert_train_refused(3, "run.ini:16:14", "batch_size is many")

    def test_override_out_of_range(self):
        self.assert_train_refused(
            3, "training.epochs=-4", args=("run.ini", "--set", "training.epochs=-4")
        )

    def test_unknown_override(self):
        self.assert_train_refused(3, "epoch", args=("run.ini", "--set", "training.epoch=4"))

    def test_unknown_activation_word(self):
        self.edit_config("= relu", "= rellu")
        self.assert_train_refused(3, "run.ini:3:21", "rellu", "relu")

    def test_network_that_does_not_fit_into_memory(self):
        self.assert_train_refused(
            3, "(linear): ", "weights, there is room for",
            args=("run.ini", "--set", "model.architecture=2,999999,999999"),
        )

    def test_no_training_data(self):
        self.edit_config("train_file = train.csv\n", "")
        self.assert_train_refused(3, "train_file")

    def test_empty_config(self):
        self.write("run.ini", "")
        self.assert_train_refused(3, "run.ini")

    # --- data: 4 ---

    def test_missing_data_file_names_both_places(self):
        self.write("sub/run.ini", BLOBS_CONFIG.replace("train.csv", "nowhere.csv"))
        self.assert_train_refused(4, "nowhere.csv", "sub/nowhere.csv", args=("sub/run.ini",))

    def test_ragged_row(self):
        self.edit_row("train.csv", 9, "1,2,3,4,0")
        self.assert_train_refused(4, "train.csv:10", "expected 6 fields, found 5")

    def test_letters_in_a_number_column(self):
        self.edit_row("train.csv", 6, "1,2,abc,4,5,0")
        self.assert_train_refused(4, "train.csv:7:5", "expected", 'found "abc"')

    def test_nan_in_data(self):
        self.edit_row("train.csv", 3, "1,nan,3,4,5,0")
        self.assert_train_refused(4, "train.csv:4:3", "nan")
        self.edit_row("train.csv", 3, "1,1e999,3,4,5,0")
        self.assert_train_refused(4, "train.csv:4:3", "1e999")

    def test_label_out_of_range(self):
        self.edit_row("train.csv", 5, "1,2,3,4,5,7")
        self.assert_train_refused(4, "train.csv:6", "7")

    def test_empty_file(self):
        self.write("train.csv", "")
        self.assert_train_refused(4, "train.csv")

    def test_wrong_number_of_columns(self):
        self.edit_config("5,9,3", "4,9,3")
        self.assert_train_refused(4, "train.csv", "expected 4 features, found 5")

    def test_bad_test_data_is_found_before_training(self):
        self.edit_row("test.csv", 2, "1,2,x,4,5,0")
        self.assert_train_refused(4, "test.csv:3:5")

    # --- outputs: 1, before training ---

    def test_model_directory_does_not_exist(self):
        args = ("run.ini", "nowhere/m.safetensors")
        self.assert_train_refused(1, "nowhere/m.safetensors", args=args)

    def test_model_is_a_directory(self):
        os.mkdir(self.path("folder"))
        self.assert_train_refused(1, "folder", args=("run.ini", "folder"))

    def test_model_where_even_root_cannot_write(self):
        model = "/proc/m.safetensors"
        self.assert_train_refused(1, model, args=("run.ini", model))

    def test_model_would_overwrite_something_else(self):
        text = self.read("train.csv")
        self.assert_train_refused(1, "train.csv", "not overwritten", args=("run.ini", "train.csv"))
        self.assertEqual(self.read("train.csv"), text)

    def test_log_file_cannot_be_opened(self):
        self.assert_train_refused(
            1, "nowhere/run.log", args=("run.ini", "--set", "logging.log_file=nowhere/run.log")
        )

    def test_nothing_to_resume_from(self):
        self.assert_train_refused(
            1, "m.safetensors.ckpt/last.safetensors", args=("run.ini", "m.safetensors", "--resume")
        )

    # --- numbers: 5 ---

    def test_training_that_explodes_names_the_tensor(self):
        self.edit_config("optimizer = adam", "optimizer = sgd")
        args = ("run.ini", "m.safetensors", "--quiet", "--set", "training.learning_rate=1e30")
        self.assert_train_refused(5, "epoch 1, step", args=args)


class BadModelTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write_blobs()
        self.run_well("train", "run.ini", "m.safetensors", "--quiet")

    def assert_model_refused(self, *words, model="m.safetensors", config="run.ini"):
        for command in ("eval", "infer"):
            before = self.files()
            done = self.run_program(command, config, model)
            self.assert_refused(done, 1, *words)
            self.assertEqual(done.stdout, "")
            self.assertEqual(self.files(), before)

    def test_missing(self):
        self.assert_model_refused("nowhere.safetensors", model="nowhere.safetensors")

    def test_truncated(self):
        data = self.read("m.safetensors")
        for length in (0, 4, 100, len(data) - 1):
            with open(self.path("m.safetensors"), "wb") as stream:
                stream.write(data[:length])
            self.assert_model_refused("m.safetensors", "%d bytes" % length)

    def test_truncated_in_the_weights_or_in_the_header(self):
        data = self.read("m.safetensors")
        for length in (100, len(data) - 1):
            with open(self.path("m.safetensors"), "wb") as stream:
                stream.write(data[:length])
            self.assert_model_refused("the file is truncated: it has %d bytes" % length)

    def test_one_bit_is_wrong(self):
        data = bytearray(self.read("m.safetensors"))
        data[-2] ^= 4
        with open(self.path("m.safetensors"), "wb") as stream:
            stream.write(data)
        self.assert_model_refused("m.safetensors", "checksum")

    def test_does_not_fit_the_config(self):
        self.write("other.ini", BLOBS_CONFIG.replace("5,9,3", "5,8,3"))
        self.assert_model_refused("0.weight", "[9, 5]", "[8, 5]", config="other.ini")

    def test_arguments_in_the_wrong_order(self):
        for command in ("train", "eval", "infer"):
            done = self.run_program(command, "m.safetensors", "run.ini")
            self.assert_refused(done, 3, "m.safetensors", "the config comes first")

    def test_rows_without_labels_to_judge_by(self):
        rows = [line.rpartition(",")[0] for line in self.read("test.csv").decode().splitlines()]
        self.write("rows.csv", "\n".join(rows) + "\n")
        done = self.run_program("eval", "run.ini", "m.safetensors", "rows.csv")
        self.assert_refused(done, 4, "rows.csv", "found 5: the label column is missing")

    def test_input_of_another_width(self):
        self.write("rows.csv", "1,2,3\n4,5,6\n")
        done = self.run_program("infer", "run.ini", "m.safetensors", "rows.csv", "-o", "p.csv")
        self.assert_refused(done, 4, "rows.csv", "expected 5 features, found 3")
        self.assertFalse(os.path.exists(self.path("p.csv")))

    def test_label_that_training_did_not_see(self):
        self.write("rows.csv", "1,2,3,4,5,0\n1,2,3,4,5,3\n")
        done = self.run_program("eval", "run.ini", "m.safetensors", "rows.csv")
        self.assert_refused(done, 4, "rows.csv:2", "3")

    def test_output_directory_does_not_exist(self):
        done = self.run_program("infer", "run.ini", "m.safetensors", "-o", "nowhere/p.csv")
        self.assert_refused(done, 1, "nowhere/p.csv")


if __name__ == "__main__":
    unittest.main()
