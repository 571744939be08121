"""The live reverse auction (在线竞价): bids, agents, outages, the chain over it. May import core … projects.

Pure: `modes/auction.py` judges a bid, `modes/auction_chain.py` writes it down. Decision 33.
"""
