"""Serve the Pixel Engine's contract locally: accounts, credits, job queue, prompts, motions.

Nothing here imports the rest of `pipeline`: the client and this server are two independent readings
of one contract, and check each other, over HTTP or, for a few sprites, inside one process
(`server/within.py`, where requests and answers are the same). What it rests on, from the vendor's
introduction (https://pixelengine.ai/docs): every request but OPTIONS needs a key, at most ten an
account, shown once; an animation costs 20 credits, held when it is sent and for ten minutes at
most, taken on success only, from the monthly pool first; a refusal is `{"error": {"code",
"message"}}`; the answer to a POST is an id, and its job goes from queued over pending to success or
failure; a download link holds for an hour. openapi.json has the rest, which is our own reading: the
vendor's limits for other endpoints, the order of checks and the codes beyond the introduction's
three are not published.

It must never pass its play credits off as money, keep a whole key, claim to be a model (results say
`builtin`, and what a prompt asks for beyond it is marked), or render inside a POST.
"""

#: Which art this engine draws. It goes up by one when clips of the same request look different; a
#: clip that was made before keeps what it has until somebody asks for it anew.
ENGINE_VERSION = 3
