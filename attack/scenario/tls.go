package scenario

import (
	"crypto/tls"
	"crypto/x509"

	"showdown"
)

// TLSConfig reads the files of a [showdown.TLS] in the folder dir, and finds what is wrong
// with it; the configuration is nil then. It leaves the server's name to the address where
// there is none.
func TLSConfig(t showdown.TLS, dir string) (*tls.Config, []Finding) {
	var found findings
	out := &tls.Config{ServerName: t.ServerName, InsecureSkipVerify: t.Insecure}
	if t.Insecure && t.CA != "" {
		found.addKey("insecure", "insecure accepts any certificate, and ca names the ones to trust: drop one")
	}
	if t.CA != "" {
		pem, err := read(dir, t.CA)
		pool := x509.NewCertPool()
		switch {
		case err != nil:
			found.add("ca", "the file of certificates cannot be read: %w", plainly(err))
		case !pool.AppendCertsFromPEM(pem):
			found.add("ca", "%s has no PEM certificate in it", t.CA)
		}
		out.RootCAs = pool
	}
	switch {
	case (t.Certificate == "") != (t.Key == ""):
		at, other := "certificate", "key"
		if t.Certificate == "" {
			at, other = other, at
		}
		found.addKey(at, "a client's certificate has a file of its own and one of its key: add %q", other+":")
	case t.Certificate != "":
		cert, err := read(dir, t.Certificate)
		if err != nil {
			found.add("certificate", "the client's certificate cannot be read: %w", plainly(err))
		}
		key, err := read(dir, t.Key)
		if err != nil {
			found.add("key", "the client's key cannot be read: %w", plainly(err))
		}
		if len(found) > 0 {
			break
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			found.add("certificate", "the client's certificate and its key: %w", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	if len(found) > 0 {
		return nil, found
	}
	return out, nil
}
