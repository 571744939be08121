"""What the witnesses signed, as they themselves show it, kept beside what the market stored and compared with it.

May import selection and everything above it. The witnesses are programs of others: they are asked over HTTP
(gateways.witness), and nothing that they say is believed without their signature.
"""
