# The built-in engine as a service: a Pixel Engine for tests, with play credits, in memory.
#   docker build -t pixelpipe-engine .
#   docker run -p 8787:8787 -e PIXELPIPE_ENGINE_KEY=pe_sk_SomeKeyOfYourOwn \
#     pixelpipe-engine --public-url http://localhost:8787 --latency real
FROM python:3.12-slim
COPY pyproject.toml README.md CHANGELOG.md LICENSE /src/
COPY pipeline /src/pipeline
COPY rules /src/rules
RUN pip install --no-cache-dir /src
ENV PIXELPIPE_STATE=/tmp/pixelpipe
USER 65534:65534
WORKDIR /tmp
EXPOSE 8787
ENTRYPOINT ["pixelpipe", "engine", "serve", "--host", "0.0.0.0", "--port", "8787"]
