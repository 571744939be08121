"""Figures of the market (统计分析): counts and sums by one dimension, live. May import core … supervision."""
