"""Applies one rule of rules.py to the tree: run_rule.py RULE [ROOT]."""

import sys

import rules
import source_tree


def main(argv):
    root = argv[2] if len(argv) > 2 else source_tree.real_root()
    tree = source_tree.Tree(root)
    messages = rules.broken(tree, argv[1])
    print("\n".join(messages))
    print("%s: %d files, %d problems" % (argv[1], len(tree.paths), len(messages)))
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
