# A static binary and nothing else: a lab's machines are the binary itself, under a
# hidden command.
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
EXPOSE 9091
ENTRYPOINT ["/showdown"]
CMD ["demo", "--metrics", "0.0.0.0:9091", "--linger", "10s"]
