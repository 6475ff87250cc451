# syntax=docker/dockerfile:1
# The Event Manager (last stage, the default) and the simulated lab (target "lab").
# What every command here does outside a container is tested in test/house/docker-*.test.ts.
ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS base
ENV NPM_CONFIG_UPDATE_NOTIFIER=false
# Named volumes take the owner over from here; 1000 is the user "node" of the base image.
RUN install -d -o 1000 -g 1000 /data /backups
WORKDIR /app

# What the program needs to run, as locked.
FROM base AS dependencies
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM base AS build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsup.config.ts ./
COPY schema ./schema
COPY src ./src
COPY transports ./transports
RUN npm run build

FROM base AS runtime
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY schema ./schema
COPY --from=build /app/dist ./dist

# It logs with the pino that comes with Fastify.
FROM runtime AS lab
COPY examples/lab ./examples/lab
# The spools of its instruments lie in HOME.
ENV HOME=/data
USER 1000:1000
CMD ["node", "examples/lab/shifts.mjs"]

FROM runtime AS event-manager
COPY examples/docker/entrypoint.sh examples/docker/health.mjs ./docker/
COPY examples/docker/settings.yaml /etc/madsci-events/
RUN chmod 755 /app/docker/entrypoint.sh /app/dist/cli/main.js \
 && ln -s /app/dist/cli/main.js /usr/local/bin/madsci-events
# In HOME lie the manager's id, spools and where an import has come to.
ENV HOME=/data MADSCI_SETTINGS_DIR=/etc/madsci-events
WORKDIR /data
VOLUME ["/data", "/backups"]
EXPOSE 8001
USER 1000:1000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/app/docker/health.mjs"]
ENTRYPOINT ["/app/docker/entrypoint.sh"]
CMD ["serve"]
