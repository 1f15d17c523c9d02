"""The Pixel Engine over HTTP: its client, its answers, and the wire between.

What it rests on, from the vendor's introduction (https://pixelengine.ai/docs): JSON both ways and a
Bearer key; POST /animate costs 20 credits and answers with `api_job_id`; GET /jobs is free, asked
every 3 to 5 s while a job is queued or pending; credits are held for ten minutes at most and taken
on success only; errors are `{"error": {"code", "message"}}`; a link holds for an hour. All else is
what clients have seen, so answers are read field by field, and only status, id and address have to
be there. What a status means stands in one table (`meanings`). There is no idempotency key
and no list of jobs: posting again is a second paid job.

It must never repeat a POST whose first byte may have left, send the key to any other host than the
API's, show a key or a signed link, or speak plain HTTP to another machine.
"""
