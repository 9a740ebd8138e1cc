# Builds with everything, ships what runs: Node, the bundles and SQLite. See docs/install.md.

# Each image is the one with this digest, whatever the tag says by now: how to renew them is in docs/upgrading.md.
FROM node:24-bookworm@sha256:6dac556d980b7f0e5498d08f08cee0ca67798b4ad6c23964a9214920e67758d0 AS build
WORKDIR /build
# Packages alone first: they are installed anew only where the lock file changed. SQLite is compiled (the variable keeps an
# older npm from downloading it), with the headers of the Node that this image has: nothing comes that the lock file
# doesn't cover.
ENV npm_config_build_from_source=sqlite3 npm_config_nodedir=/usr/local
COPY package.json package-lock.json ./
COPY scripts/build-sqlite.js scripts/
RUN npm ci --no-audit --no-fund
COPY . .
# SQLite is the one package that is in no bundle. What it was compiled from runs nothing.
RUN npm run -s build && node scripts/image-files.js \
    && find node_modules/sqlite3 -mindepth 1 -maxdepth 1 ! -name build ! -name lib ! -name package.json ! -name LICENSE -exec rm -r {} + \
    && find node_modules/sqlite3/build -type f ! -path node_modules/sqlite3/build/Release/node_sqlite3.node -delete \
    && find node_modules/sqlite3/build -type d -empty -delete

FROM node:24-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6
LABEL org.opencontainers.image.title="Latchkey" \
      org.opencontainers.image.description="A Slack and Microsoft Teams bot that sets up people's accounts on their first day and removes them on their last." \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /build/package.json /build/LICENSE /build/THIRD-PARTY-NOTICES.md ./
COPY --from=build /build/node_modules/sqlite3 node_modules/sqlite3
COPY --from=build /build/node_modules/bindings node_modules/bindings
COPY --from=build /build/node_modules/file-uri-to-path node_modules/file-uri-to-path
COPY --from=build /build/dist/src dist/src
COPY --from=build /build/dist/manifests dist/manifests
COPY --from=build /build/dist/schemas dist/schemas
COPY --from=build /build/dist/docs dist/docs
COPY --from=build /build/docs/*.md docs/
RUN ln -s /app/dist/src/cli/latchkey.js /usr/local/bin/latchkey \
    && chmod +x /app/dist/src/cli/latchkey.js \
    && install -d -o node -g node -m 0700 /data

ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATABASE_URL=sqlite:/data/latchkey.sqlite
# Nothing but /data is written to, so the root may be read-only. Every image of Node has this user, `node`, here as a number:
# of a name Kubernetes can't tell that it isn't root, and with runAsNonRoot it doesn't start the container. Any other number
# does as well, given a /data of its own or PostgreSQL.
USER 1000:1000
VOLUME /data
EXPOSE 3000
# Whether the process answers; whether it can work is /readyz, which a load balancer asks.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Not through npm or a shell: signals reach Latchkey itself, which then finishes what is in flight.
CMD ["node", "/app/dist/src/main.js"]
STOPSIGNAL SIGTERM
