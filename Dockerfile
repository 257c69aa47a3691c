# The mock as an image. Tests hold it to what it says, by its own commands, without an engine: docs/ci.md.
FROM python:3.13-slim AS build
COPY . /source
RUN python -m venv /opt/tiktok-mock && /opt/tiktok-mock/bin/pip install --no-cache-dir "/source[tls]"

FROM python:3.13-slim
COPY --from=build /opt/tiktok-mock /opt/tiktok-mock
COPY docker/health.py /opt/tiktok-mock/health.py
RUN useradd --uid 10001 --create-home mock && install -d -o mock /run/tiktok-mock /ca
USER mock
WORKDIR /home/mock
ENV PATH=/opt/tiktok-mock/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TIKTOK_MOCK_HOST=0.0.0.0 \
    TIKTOK_MOCK_PORT=8080 \
    TIKTOK_MOCK_READY_FILE=/run/tiktok-mock/ready.json
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 CMD ["python", "/opt/tiktok-mock/health.py"]
# Beyond loopback a control token is compulsory: -e TIKTOK_MOCK_CONTROL_TOKEN=...
ENTRYPOINT ["tiktok-mock", "serve"]
