# A static binary and nothing else: a lab's machines are the binary itself, under a
# hidden command. Plain enough for BuildKit and for the builder before it.
FROM golang:1.26.8 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /out/showdown ./cmd/showdown \
 && mkdir -p /out/runs /out/tmp

FROM scratch
# For `attack` on https addresses.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/showdown /showdown
# The store and the journals, writable for whoever runs the image by default.
COPY --from=build --chown=65532:65532 /out/runs /runs
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
ENV SHOWDOWN_OUT=/runs TMPDIR=/tmp
EXPOSE 8089
# The image holds our binary alone, so that is who asks.
HEALTHCHECK --interval=1s --timeout=3s --retries=30 CMD ["/showdown", "__healthy", "http://127.0.0.1:8089/healthz"]
ENTRYPOINT ["/showdown"]
CMD ["serve", "whatsthetime", "--listen", "0.0.0.0:8089"]
