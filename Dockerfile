# One image per process: docker build --build-arg WORKSPACE=@souk/order .
# Installing and building are done once for all images; what runs comes from each one's own part of the repository.
ARG BASE=shared

FROM node:24-slim AS tools
ENV TURBO_TELEMETRY_DISABLED=1 NO_UPDATE_NOTIFIER=1 CI=true
WORKDIR /souk
# The version of package.json, which a test holds it to.
RUN --mount=type=cache,target=/root/.npm npm install --global --no-audit --no-fund turbo@2.11.9

FROM tools AS repository
COPY . .

FROM repository AS manifests
RUN mkdir /manifests \
    && cp --parents package.json package-lock.json .npmrc */package.json */*/package.json /manifests

FROM tools AS build
COPY --from=manifests /manifests ./
RUN --mount=type=cache,target=/root/.npm npm ci --prefer-offline
COPY . .
RUN --mount=type=cache,target=/souk/.turbo turbo run build --output-logs=errors-only

# What of the repository, and so of the lockfile, an image needs.
FROM repository AS pruned-shared
RUN turbo prune @souk/comms --docker --production --out-dir=/pruned \
    && cp .npmrc /pruned/json/ && cd /pruned/json && npm pkg delete devDependencies --workspaces --include-workspace-root

FROM repository AS pruned
ARG WORKSPACE
RUN turbo prune "$WORKSPACE" --docker --production --out-dir=/pruned \
    && cp .npmrc /pruned/json/ && cd /pruned/json && npm pkg delete devDependencies --workspaces --include-workspace-root

FROM node:24-slim AS bare
WORKDIR /souk
# A volume mounted here belongs to whom the folder belongs to.
RUN install --directory --owner=node --group=node /data

# The libraries of packages/comms are the greater part of every service: one layer for all of them.
FROM bare AS shared
COPY --from=pruned-shared /pruned/json/ ./
RUN --mount=type=cache,target=/root/.npm npm ci --prefer-offline --omit=dev --workspace=@souk/comms --include-workspace-root=false

FROM ${BASE} AS libraries
ARG WORKSPACE
ARG OMIT=dev
COPY --from=pruned /pruned/json/ ./
RUN --mount=type=cache,target=/root/.npm \
    npm install --prefer-offline --no-save --omit=dev --omit="$OMIT" --workspace="$WORKSPACE" --include-workspace-root=false

FROM build AS collected
ARG WORKSPACE
ARG EXTRA
RUN node infra/images/collect.mjs "$WORKSPACE" /collected $EXTRA

# A process that does its work and ends.
FROM libraries AS job
ARG WORKSPACE
COPY --from=collected /collected/ ./
LABEL org.opencontainers.image.title="${WORKSPACE}" \
      org.opencontainers.image.description="Souk, a reference system of services that talk by REST, gRPC and Kafka" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
USER node
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "app/dist/main.js"]

# A process that stays.
FROM job AS service
COPY infra/images/probe.mjs /souk/
ENV PROBE_URL=http://127.0.0.1:8080/health/ready
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["node", "/souk/probe.mjs"]
