"""Supermarket (行政审批中介服务网上超市): an open market for the intermediary services that approvals need."""

__version__ = "0.1.0"
