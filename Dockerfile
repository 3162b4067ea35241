# The image: configured by environment alone, any UID, no root, no tools but Node.

FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.json ./
RUN npm ci --no-audit --no-fund
COPY src ./src
RUN npm run build
# What runs: production dependencies (npm keeps TypeScript, an optional peer of one), LevelDB for this platform only.
RUN npm prune --omit=dev --no-audit --no-fund \
 && find node_modules/classic-level/prebuilds -mindepth 1 -maxdepth 1 ! -name "linux-$(node -p process.arch)*" -exec rm -rf {} + \
 && rm -rf node_modules/classic-level/deps node_modules/typescript node_modules/@typescript

FROM node:22-bookworm-slim
LABEL org.opencontainers.image.title="Sandbucket" \
      org.opencontainers.image.description="Amazon S3 with its IAM, on one machine, behaving as AWS does" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /opt/sandbucket
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist/bundle ./dist/bundle
COPY data ./data
# OpenShift and `docker run --user` choose a UID that no line here knows, always with group 0 or the chosen one.
RUN mkdir /data && chown 1000:0 /data && chmod 777 /data \
 && ln -s /opt/sandbucket/dist/bundle/main.js /usr/local/bin/sandbucket && chmod 755 dist/bundle/main.js
# `::` answers on IPv4 and IPv6; where the kernel has no IPv6, the server falls back to 0.0.0.0.
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/tmp/.sandbucket-compile-cache \
    SANDBUCKET_HOST=:: \
    SANDBUCKET_PORT=9000 \
    SANDBUCKET_DATA=/data
USER 1000:0
VOLUME /data
EXPOSE 9000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["sandbucket", "health"]
# The program handles signals itself, so it can be process 1.
ENTRYPOINT ["sandbucket"]
CMD ["serve"]
