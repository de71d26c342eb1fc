# Server, worker and migrations in one image; the command chooses.
FROM node:24-slim

WORKDIR /app
ENV NODE_ENV=production

# No install scripts: the only one fetches the Node that this image already is.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

COPY db db
COPY plugins plugins
COPY server server
COPY worker worker

USER node
EXPOSE 5678
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 5678}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server/main.ts"]
