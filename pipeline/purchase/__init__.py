"""Paid jobs: ordered, sent, waited for and settled, one durable step at a time.

A claim comes before the POST, the remote id before the first poll, bought bytes before the row that
names them: so a crash at any moment costs no second payment. It rests on the service's hold of ten
minutes, after which a job that has not ended costs nothing, and on free polls. It must never send
again what may have arrived: that is *unconfirmed*, and a person decides. Where machines share a
store, the claim stands there too before the POST; what was sent goes on whatever that store does.
"""
