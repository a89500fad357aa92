"""Backups: the data in folders, as many as there are; the keys and the ledger of erasures in one file apart,
the newest only, so that whoever was erased is erased in every backup of the data too.
"""
