package proxy_test

import "strings"

// sample is a request as bytes, and what becomes of it. The malformed ones are those of
// the literature on request smuggling (RFC 9112, 11.2; PortSwigger, HTTP request
// smuggling; Linhart et al., HTTP request smuggling) and of the errors that the User
// Guide for Application Load Balancers documents under Troubleshoot.
type sample struct {
	name, raw string
	// want is the status of the answer, 200 for one that the target gives.
	want int
	// haproxy is the status of haproxy's answer where it is another one, -1 for an end
	// without an answer, and why says why ours differs.
	haproxy int
	why     string
}

const (
	get  = "GET / HTTP/1.1\r\nHost: web\r\n"
	post = "POST / HTTP/1.1\r\nHost: web\r\n"
	// second is the request that a smuggler hides behind the first one.
	second = "GET /smuggled HTTP/1.1\r\nHost: web\r\n\r\n"
)

// The reasons for the differences from haproxy.
const (
	// strict: what haproxy repairs, or passes on as it is, no target shall read differently
	// from the node.
	strict = "ambiguous, so refused and not repaired"
	// documented: the User Guide for Application Load Balancers, Troubleshoot, names the
	// status or the limit.
	documented = "as documented for load balancers"
	other      = "refused by both, with another status"
)

func samples() []sample {
	long := func(n int) string { return strings.Repeat("a", n) }
	return []sample{
		// Correct ones.
		{"get", get + "\r\n", 200, 0, ""},
		{"no header but the host", "GET / HTTP/1.1\r\nHost:web\r\n\r\n", 200, 0, ""},
		{"query", "GET /a/b?c=%20d&e HTTP/1.1\r\nHost: web\r\n\r\n", 200, 0, ""},
		{"head", "HEAD / HTTP/1.1\r\nHost: web\r\n\r\n", 200, 0, ""},
		{"options of all", "OPTIONS * HTTP/1.1\r\nHost: web\r\n\r\n", 200, 0, ""},
		{"unknown method", "BREW / HTTP/1.1\r\nHost: web\r\n\r\n", 200, 0, ""},
		{"whole URL", "GET http://web/a HTTP/1.1\r\nHost: web\r\n\r\n", 200, 0, ""},
		{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 200, 0, ""},
		{"HTTP/1.0, kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, 0, ""},
		{"length", post + "Content-Length: 5\r\n\r\nhello", 200, 0, ""},
		{"length 0", post + "Content-Length: 0\r\n\r\n", 200, 0, ""},
		{"length with zeros", post + "Content-Length: 005\r\n\r\nhello", 200, 0, ""},
		{"same length twice", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 200, 0, ""},
		{"chunks", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, 0, ""},
		{"CHUNKED", post + "Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, 0, ""},
		{"blanks around chunked", post + "Transfer-Encoding: \t chunked \r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, 0, ""},
		{"chunk extension", post + "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n", 200, 0, ""},
		{"trailer", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A: b\r\n\r\n", 200, 0, ""},
		{"identity alone", get + "Transfer-Encoding: identity\r\n\r\n", 200, 400, documented},
		{"empty value", get + "X-A:\r\n\r\n", 200, 0, ""},
		{"value beyond ASCII", get + "X-A: \xc3\xa4\r\n\r\n", 200, 0, ""},
		{"header of 15K", get + "X-A: " + long(15<<10) + "\r\n\r\n", 200, 0, ""},
		{"cookie of 4K", get + "Cookie: a=" + long(4<<10) + "\r\n\r\n", 200, 0, ""},
		{"target of 15K", "GET /" + long(15<<10) + " HTTP/1.1\r\nHost: web\r\n\r\n", 200, 0, ""},
		{"head of 60K", get + strings.Repeat("X-A: "+long(1000)+"\r\n", 59) + "\r\n", 200, 0, ""},
		{"30 forwarders", get + "X-Forwarded-For: " + strings.Repeat("10.0.0.1, ", 29) + "10.0.0.1\r\n\r\n", 200, 0, ""},
		{"expectation", post + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", 200, 0, ""},

		// Two lengths.
		{"CL.TE", post + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX", 400, 200, strict},
		{"TE.CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n" + second + "\r\n0\r\n\r\n", 400, 504, strict},
		{"CL and identity", post + "Content-Length: 5\r\nTransfer-Encoding: identity\r\n\r\nhello", 400, 0, ""},
		{"two lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400, 0, ""},
		{"two lengths in one", post + "Content-Length: 5, 6\r\n\r\nhello!", 400, 0, ""},
		{"one length twice in one", post + "Content-Length: 5, 5\r\n\r\nhello", 400, 200, strict},
		{"length with a sign", post + "Content-Length: +5\r\n\r\nhello", 400, 0, ""},
		{"length below 0", post + "Content-Length: -5\r\n\r\nhello", 400, 0, ""},
		{"length in hex", post + "Content-Length: 0x5\r\n\r\nhello", 400, 0, ""},
		{"length with a blank inside", post + "Content-Length: 1 0\r\n\r\n0123456789", 400, 0, ""},
		{"no length in it", post + "Content-Length: \r\n\r\nhello", 400, 0, ""},
		{"length beyond 64 bits", post + "Content-Length: 18446744073709551621\r\n\r\nhello", 400, 0, ""},
		{"length and a comma", post + "Content-Length: 5,\r\n\r\nhello", 400, 0, ""},

		// Transfer encodings that one reader knows and another does not.
		{"unknown coding", post + "Transfer-Encoding: gzip\r\n\r\nhello", 501, 400, documented},
		{"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, 422, documented},
		{"chunked, identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501, 400, documented},
		{"xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, 400, documented},
		{"quoted chunked", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501, 400, documented},
		{"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, 0, ""},
		{"chunked and another", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n", 400, 0, ""},
		{"vertical tab before chunked", post + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400, 0, ""},
		{"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, 200, strict},
		{"blank before the colon", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400, 0, ""},
		{"tab before the colon", post + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", 400, 0, ""},
		{"header that begins with a blank", "POST / HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: web\r\n\r\n0\r\n\r\n", 400, 0, ""},

		// Lines that one reader divides and another does not.
		{"obs-fold", get + "X-A: b\r\n c\r\n\r\n", 400, 200, strict},
		{"obs-fold of chunked", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400, 200, strict},
		{"bare LF", "GET / HTTP/1.1\nHost: web\n\n", 400, 200, strict},
		{"bare LF in the middle", get + "X-A: b\nX-C: d\r\n\r\n", 400, 200, strict},
		{"bare LF at the end", get + "X-A: b\r\n\n", 400, 200, strict},
		{"bare CR in a value", get + "X-A: b\rX-C: d\r\n\r\n", 400, 0, ""},
		{"bare CR in a line", "GET /\r HTTP/1.1\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"NUL in a value", get + "X-A: b\x00c\r\n\r\n", 400, 502, other},
		{"NUL in a name", get + "X-\x00A: b\r\n\r\n", 400, 0, ""},
		{"NUL in a target", "GET /\x00 HTTP/1.1\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"control byte in a value", get + "X-A: b\x01c\r\n\r\n", 400, 502, other},
		{"header without a colon", get + "X-A\r\n\r\n", 400, 0, ""},
		{"header without a name", get + ": b\r\n\r\n", 400, 0, ""},
		{"parenthesis in a name", get + "X(A: b\r\n\r\n", 400, 0, ""},
		{"byte beyond ASCII in a name", get + "X-\xc3\xa4: b\r\n\r\n", 400, 0, ""},
		{"empty line ahead", "\r\n" + get + "\r\n", 400, 200, strict},
		{"blank ahead", " " + get + "\r\n", 400, 0, ""},

		// Request lines.
		{"two blanks", "GET  / HTTP/1.1\r\nHost: web\r\n\r\n", 400, 200, strict},
		{"tab for a blank", "GET\t/ HTTP/1.1\r\nHost: web\r\n\r\n", 400, 200, strict},
		{"blank in the target", "GET /a b HTTP/1.1\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"blank behind", "GET / HTTP/1.1 \r\nHost: web\r\n\r\n", 400, 0, ""},
		{"no target", "GET HTTP/1.1\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"no version", "GET /\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"target without a slash", "GET a HTTP/1.1\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"fragment", "GET /a#b HTTP/1.1\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"target beyond ASCII", "GET /\xc3\xa4 HTTP/1.1\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"method with a bracket", "G[T / HTTP/1.1\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"small version", "GET / http/1.1\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"version with two digits", "GET / HTTP/1.10\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"HTTP/1.2", "GET / HTTP/1.2\r\nHost: web\r\n\r\n", 505, 200, documented},
		{"HTTP/2 unasked", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, -1, documented},
		{"HTTP/0.9", "GET / HTTP/0.9\r\nHost: web\r\n\r\n", 505, 200, documented},
		{"trace", "TRACE / HTTP/1.1\r\nHost: web\r\n\r\n", 405, 200, documented},
		{"connect", "CONNECT web:80 HTTP/1.1\r\nHost: web\r\n\r\n", 405, 200, documented},

		// Hosts.
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400, 200, strict},
		{"two hosts", get + "Host: other\r\n\r\n", 400, 0, ""},
		{"host that differs from the URL's", "GET http://other/ HTTP/1.1\r\nHost: web\r\n\r\n", 400, 0, ""},
		{"host with a path", "GET / HTTP/1.1\r\nHost: web/a\r\n\r\n", 400, 200, strict},
		{"host with a user", "GET / HTTP/1.1\r\nHost: me@web\r\n\r\n", 400, 200, strict},
		{"empty host", "GET / HTTP/1.1\r\nHost: \r\n\r\n", 400, 200, strict},

		// Chunks.
		{"chunk size that is none", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n", 400, 0, ""},
		{"chunk size below 0", post + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", 400, 0, ""},
		{"chunk size with 0x", post + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400, 0, ""},
		{"chunk size beyond 64 bits", post + "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n", 400, 0, ""},
		{"chunk size and a blank", post + "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n", 400, 200, strict},
		{"blank and a chunk size", post + "Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n", 400, 0, ""},
		{"empty chunk size", post + "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n", 400, 0, ""},
		{"chunk with a bare LF", post + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 400, 200, strict},
		{"chunk longer than its size", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n", 400, 0, ""},
		{"chunk with a bare LF behind", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n", 400, 200, strict},
		{"LF in an extension", post + "Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n", 400, 0, ""},
		{"CR in an extension", post + "Transfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\n", 400, 0, ""},
		{"end of chunks with a bare LF", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\n\n", 400, 200, strict},
		{"trailer that is none", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX A\r\n\r\n", 400, 0, ""},
		{"endless chunk size", post + "Transfer-Encoding: chunked\r\n\r\n5;" + long(8<<10) + "\r\nhello\r\n0\r\n\r\n", 400, 200, strict},

		// Limits.
		{"target of 17K", "GET /" + long(17<<10) + " HTTP/1.1\r\nHost: web\r\n\r\n", 414, 200, documented},
		{"header of 17K", get + "X-A: " + long(17<<10) + "\r\n\r\n", 400, 200, documented},
		{"head of 70K", get + strings.Repeat("X-A: "+long(1000)+"\r\n", 70) + "\r\n", 400, 0, ""},
		{"31 forwarders", get + "X-Forwarded-For: " + strings.Repeat("10.0.0.1, ", 30) + "10.0.0.1\r\n\r\n", 463, 200, documented},
		{"31 forwarders in two", get + "X-Forwarded-For: " + strings.Repeat("10.0.0.1, ", 29) + "10.0.0.1\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n", 463, 200, documented},
		{"unknown expectation", post + "Expect: more\r\nContent-Length: 0\r\n\r\n", 417, 200, strict},
	}
}
