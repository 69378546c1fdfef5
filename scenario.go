package showdown

// Scenario is what users ask for where that is more than one path: several requests by
// weight, or a script that each client goes through, and how they speak to the server.
// docs/scenarios.md describes it.
type Scenario struct {
	// Requests are what users ask for, each as often as its weight says. They know nothing
	// of each other.
	Requests []Request `yaml:"requests" json:"requests,omitempty"`
	// Script is what a client asks for, one step after the other and then from the start
	// again: a session. A scenario has requests or a script.
	Script []Request `yaml:"script" json:"script,omitempty"`
	// Data is a CSV file whose first line names its columns, which {{column}} stands for. A
	// session, or a request by weight, takes one row.
	Data string `yaml:"data" json:"data,omitempty"`
	// DataOrder is how rows are taken; empty is in turn.
	DataOrder DataOrder `yaml:"data_order" json:"data_order,omitempty"`
	// HTTP is the version that clients speak; empty is 1.1.
	HTTP HTTPVersion `yaml:"http" json:"http,omitempty"`
	// KeepAlive says whether a connection carries more than one request; absent is what the
	// profile and the connections of the traffic say.
	KeepAlive *bool `yaml:"keep_alive" json:"keep_alive,omitempty"`
	// TLS is how clients speak TLS.
	TLS *TLS `yaml:"tls" json:"tls,omitempty"`
}

// DataOrder is how the rows of a scenario's data are taken.
type DataOrder string

// The orders of data.
const (
	// InTurn takes row after row, and the first one again after the last.
	InTurn DataOrder = "turn"
	// AtRandom takes any row each time, by the run's seed.
	AtRandom DataOrder = "random"
)

// DataOrders lists every order of data.
func DataOrders() []DataOrder { return []DataOrder{InTurn, AtRandom} }

// HTTPVersion is a version of HTTP that clients can speak.
type HTTPVersion string

// The versions of HTTP.
const (
	HTTP1 HTTPVersion = "1.1"
	// HTTP2 is negotiated over TLS, and spoken at once where there is none (RFC 9113, 3.3).
	HTTP2 HTTPVersion = "2"
)

// HTTPVersions lists every version of HTTP that clients can speak.
func HTTPVersions() []HTTPVersion { return []HTTPVersion{HTTP1, HTTP2} }

// Request is one kind of request of a scenario, and what is done with its answer. In
// path, header and body {{name}} stands for a value, and {{$NAME}} for one of the
// environment, which no record keeps.
type Request struct {
	// Name is the name of the endpoint in reports.
	Name string `yaml:"name" json:"name"`
	// Method is the HTTP method; empty is GET.
	Method string `yaml:"method" json:"method,omitempty"`
	// Path is the path with its query; empty is /.
	Path string `yaml:"path" json:"path,omitempty"`
	// Header are the header fields by name. In a value $NAME is one of the environment.
	Header map[string]string `yaml:"header" json:"header,omitempty"`
	// Body is the body of the request; BodyFile is the file that it is read from instead.
	Body     string `yaml:"body" json:"body,omitempty"`
	BodyFile string `yaml:"body_file" json:"body_file,omitempty"`
	// Weight is how often the request is sent compared with the others; only without a
	// script.
	Weight float64 `yaml:"weight" json:"weight,omitempty"`
	// Think is how long the client waits after the answer before it is free for its next
	// step; only in a script. It is AWS time, as the lengths of phases are.
	Think Duration `yaml:"think" json:"think,omitempty"`
	// Extract takes values from the answer for later steps of the session, by the name that
	// they are used with; only in a script.
	Extract map[string]Extract `yaml:"extract" json:"extract,omitempty"`
	// Check is what makes an answer right.
	Check *Check `yaml:"check" json:"check,omitempty"`
}

// Extract says where in an answer a value stands: in one of the three places.
type Extract struct {
	// Cookie is the name of a cookie that the answer sets.
	Cookie string `yaml:"cookie" json:"cookie,omitempty"`
	// Header is the name of a header field.
	Header string `yaml:"header" json:"header,omitempty"`
	// JSON is the path of a value in a JSON body: "items.0.id".
	JSON string `yaml:"json" json:"json,omitempty"`
}

// Check is what an answer must be to be right. One that is below 400 and is not has the
// outcome wrong.
type Check struct {
	// Status is the only status that is right, 200 to 399; 0 is any of them.
	Status int `yaml:"status" json:"status,omitempty"`
	// Contains is a text that the body has.
	Contains string `yaml:"contains" json:"contains,omitempty"`
	// JSON are values of a JSON body by their paths.
	JSON map[string]string `yaml:"json" json:"json,omitempty"`
}

// TLS is how clients speak TLS.
type TLS struct {
	// CA is a file of PEM certificates, the only ones that servers are trusted by; empty is
	// the system's.
	CA string `yaml:"ca" json:"ca,omitempty"`
	// Certificate and Key are the files of the client's own certificate.
	Certificate string `yaml:"certificate" json:"certificate,omitempty"`
	Key         string `yaml:"key" json:"key,omitempty"`
	// ServerName is the name that the server's certificate must have; empty is that of the
	// address that is asked for.
	ServerName string `yaml:"server_name" json:"server_name,omitempty"`
	// Insecure accepts any certificate.
	Insecure bool `yaml:"insecure" json:"insecure,omitempty"`
}

// Steps are the requests of the scenario: those of the script where there is one.
func (s Scenario) Steps() []Request {
	if len(s.Script) > 0 {
		return s.Script
	}
	return s.Requests
}

// Plain says that the scenario has no requests of its own.
func (s Scenario) Plain() bool { return len(s.Requests) == 0 && len(s.Script) == 0 }

// Endpoints are the names of the scenario's requests, each once, in their order.
func (s Scenario) Endpoints() []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range s.Steps() {
		if !seen[r.Name] {
			seen[r.Name] = true
			out = append(out, r.Name)
		}
	}
	return out
}

// MeanThink is the mean of the think times of the script's steps: what a client is not
// free for after each request.
func (s Scenario) MeanThink() Duration {
	if len(s.Script) == 0 {
		return 0
	}
	var sum Duration
	for _, r := range s.Script {
		sum += r.Think
	}
	return sum / Duration(len(s.Script))
}
