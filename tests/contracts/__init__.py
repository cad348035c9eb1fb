"""One credential of each way in which an issuer replaces a key, beside Alpaca's: what a person does, what holds."""
