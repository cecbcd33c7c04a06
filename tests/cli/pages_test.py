"""The manual page and the completion scripts name every command, option and key."""

import re
import shutil
import subprocess
import unittest

from cli_testing import CliTest


class PagesTest(CliTest):
    def commands(self):
        listed = re.findall(r"^  ([a-z-]+) ", self.run_well("help").stdout, re.M)
        return [name for name in listed if name != "fuzzy"] + ["fuzzy eval", "fuzzy train"]

    def options(self, command):
        text = self.run_well("help", *command.split()).stdout
        return set(re.findall(r"--([a-z-]+)", text.partition("\n  ")[2])) - {"help"}

    def keys(self):
        page = self.run_well("config", "--reference").stdout
        found = []
        for part in page.split("\n## [")[1:]:
            section = part.partition("]")[0]
            table = part.split("\n## ")[0]
            found += [section + "." + key for key in re.findall(r"^\| `(\w+)` \|", table, re.M)]
        return found

    def test_manual_has_every_command_and_option(self):
        page = self.run_well("man").stdout
        plain = page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "")
        for command in self.commands():
            part = re.search(r'^\.SS "neural %s .*?(?=^\.S)' % command, plain, re.M | re.S)
            self.assertIsNotNone(part, command)
            for option in self.options(command):
                self.assertIn("--" + option, part.group(), command)
        for line in page.splitlines():
            if line.startswith((".", "'")):
                self.assertRegex(line, r"^\.(TH|SH|SS|TP|PP|B|nf|fi)\b")

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_manual_formats_without_warnings(self):
        page = self.run_well("man").stdout
        done = subprocess.run(
            ["groff", "-man", "-Tascii", "-wall"], input=page, capture_output=True, text=True,
            check=True,
        )
        self.assertEqual(done.stderr, "")
        self.assertTrue("EXIT STATUS" in re.sub(".\x08", "", done.stdout), "no EXIT STATUS")

    def complete(self, *words):
        """What bash offers for the last of the words."""
        script = self.run_well("completion", "bash").stdout
        asked = "COMP_WORDS=(%s); COMP_CWORD=%d; _neural; printf '%%s\\n' ${COMPREPLY[@]}"
        words = " ".join("'%s'" % word for word in ("neural",) + words), len(words)
        done = subprocess.run(
            ["bash", "-c", script + asked % words], capture_output=True, text=True, check=False
        )
        return done.stdout.split()

    def test_bash_completes(self):
        self.assertEqual(self.complete("tr"), ["train"])
        self.assertEqual(self.complete("help", "inf"), ["infer", "info"])
        self.assertEqual(self.complete("train", "--res"), ["--resume"])
        self.assertEqual(self.complete("fuzzy", "tr"), ["train"])
        self.assertEqual(self.complete("fuzzy", "train", "--gri"), ["--grid"])
        self.assertEqual(self.complete("train", "x.ini", "--set", "training.ep"),
                         ["training.epochs="])
        self.assertEqual(self.complete("train", "conf"), [])

    def test_bash_completes_every_option_and_key(self):
        for command in self.commands():
            offered = self.complete(*command.split(), "--")
            self.assertEqual(set(offered) - {"--help"}, {"--" + o for o in self.options(command)})
        offered = self.complete("train", "x.ini", "-s", "")
        self.assertEqual(offered, [key + "=" for key in self.keys()])

    def test_zsh_and_fish_scripts(self):
        for shell in ("zsh", "fish"):
            script = self.run_well("completion", shell).stdout
            for word in ("train", "resume", "training.epochs="):
                self.assertIn(word, script)
            if shutil.which(shell):
                done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True,
                                      check=False)
                self.assertEqual(done.stderr, "", shell)

    def test_unknown_shell(self):
        done = self.run_program("completion", "tcsh")
        self.assertEqual(done.returncode, 2)
        self.assertIn("expected bash, zsh or fish, found tcsh", done.stderr)


if __name__ == "__main__":
    unittest.main()
