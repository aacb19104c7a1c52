# pishield without torch: check, correct, inspect, suggest, fmt.
#
#   docker build -t pishield .
#   docker run --rm -v "$PWD:/data" pishield check table.csv rules.txt
#
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY pishield_cli ./pishield_cli
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --no-compile .

FROM python:3.12-slim
# Files written to a mounted folder belong to a user, not to root; `--user` chooses another one.
RUN useradd --create-home --uid 1000 pishield
COPY --from=build /venv /venv
ENV PATH="/venv/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
# By its number, so that a cluster which refuses root can tell.
USER 1000
WORKDIR /data
ENTRYPOINT ["pishield"]
CMD ["--help"]
