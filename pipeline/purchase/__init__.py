"""Paid jobs: ordered, sent, waited for and settled, one durable step at a time."""
