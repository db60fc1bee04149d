"""Rule registry: one module per rule, found by walking the technique packages."""

from memadvise.rules.registry import Rule, advise, all_rules, find_rule, rule

__all__ = ["Rule", "advise", "all_rules", "find_rule", "rule"]
