package main

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/urfave/cli/v2"
)

// publicURLFlag says where others find the page: a container knows the address that it has
// in its own network alone, and a host behind a proxy not even that.
func publicURLFlag() cli.Flag {
	return &cli.StringFlag{Name: "public-url", EnvVars: []string{"SHOWDOWN_PUBLIC_URL"}, Usage: "print and show `URL` as the page's address, where others find it at another than --listen"}
}

// publicURL is the address of --public-url and its host, empty without the flag.
func publicURL(given string) (address, host string, err error) {
	if given == "" {
		return "", "", nil
	}
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", "", misuse("write it like http://192.0.2.7:8089/", "--public-url: %q is no address of the page", given)
	}
	return u.Scheme + "://" + u.Host + "/", u.Hostname(), nil
}

// loopback says whether a host is this computer, and can be nothing else.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}
