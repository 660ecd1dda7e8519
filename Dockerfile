# The image of `docker-compose.yml`: installed in one stage, run in another as a user without rights.
FROM python:3.11-slim-bookworm AS build
RUN pip install --no-cache-dir 'uv>=0.13.6,<0.15'
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PROJECT_ENVIRONMENT=/app/.venv
WORKDIR /app
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-dev --no-install-project
COPY onrecord onrecord
COPY ingest ingest
COPY prompts prompts
COPY service service
COPY eval eval
RUN uv sync --locked --no-dev --no-editable

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home onrecord && install -d -o onrecord /library /articles /data
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH ONRECORD_LIBRARY=/library PYTHONDONTWRITEBYTECODE=1
USER onrecord
WORKDIR /home/onrecord
ENTRYPOINT ["onrecord"]
CMD ["serve"]
