"""Register 3: ledger, lists, past performance, stars and levels held.

May import core, gateways, policies, accounts, documents, matters and agencies; higher rooms write it by its operations.
"""
