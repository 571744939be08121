"""Register 3: credit (信用): ledger, lists, past performance, held levels. May import core … agencies; higher rooms write it through wiring."""
