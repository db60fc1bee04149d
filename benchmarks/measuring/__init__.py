"""The benchmark of measuring, by idea: cells, tools, a look from outside, judgement, cost, memory of ours, report."""
