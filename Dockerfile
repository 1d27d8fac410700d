# One image per process: docker build --build-arg FOLDER=services/order .
FROM node:24-slim AS build
WORKDIR /souk
ENV TURBO_TELEMETRY_DISABLED=1
COPY package.json package-lock.json .npmrc turbo.json tsconfig.base.json ./
COPY packages/contracts/package.json packages/contracts/
COPY packages/comms/package.json packages/comms/
COPY packages/testkit/package.json packages/testkit/
COPY packages/demo/package.json packages/demo/
COPY services/registry/package.json services/registry/
COPY services/identity/package.json services/identity/
COPY services/product/package.json services/product/
COPY services/order/package.json services/order/
COPY services/payment/package.json services/payment/
COPY services/system/package.json services/system/
COPY infra/local/package.json infra/local/
COPY infra/gateway/package.json infra/gateway/
COPY infra/postgres/package.json infra/postgres/
COPY infra/kafka/package.json infra/kafka/
COPY infra/payment-provider/package.json infra/payment-provider/
COPY bench/package.json bench/
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY protos protos
COPY infra infra
COPY packages packages
COPY services services
ARG FOLDER
RUN npx turbo run build --filter=./${FOLDER}...

FROM build AS production
ARG FOLDER
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund --omit=dev --workspace=${FOLDER} --include-workspace-root=false

FROM node:24-slim
ARG FOLDER
LABEL org.opencontainers.image.title="souk ${FOLDER}" org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
WORKDIR /souk/${FOLDER}
COPY --from=production /souk/node_modules /souk/node_modules
COPY --from=production /souk/packages/contracts /souk/packages/contracts
COPY --from=production /souk/packages/comms /souk/packages/comms
COPY --from=production /souk/services /souk/services
COPY --from=production /souk/infra/payment-provider /souk/infra/payment-provider
USER node
STOPSIGNAL SIGTERM
CMD ["node", "dist/main.js"]
