package live

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"rsc.io/qr"
)

// quietZone is the white margin that a reader of QR codes needs, in modules (ISO/IEC 18004).
const quietZone = 4

// Share is where a phone finds the student's view.
type Share struct {
	URL string `json:"url"`
	// Local says that only this computer can open it.
	Local bool `json:"local"`
}

// shareOf is the student's view of the page at an address; nil where nobody knows it.
func shareOf(address string) *Share {
	u, err := url.Parse(address)
	if address == "" || err != nil || u.Host == "" {
		return nil
	}
	local := strings.EqualFold(u.Hostname(), "localhost")
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		local = ip.Unmap().IsLoopback()
	}
	return &Share{fmt.Sprintf("%s://%s/?view=student", u.Scheme, u.Host), local}
}

// serveQR draws the address of the student's view for a phone's camera: black on white in
// every theme, as readers expect it.
func (s *Share) serveQR(w http.ResponseWriter, _ *http.Request) {
	if s == nil || s.Local {
		refuse(w, http.StatusNotFound, "the page can only be opened on this computer", "start it with --listen 0.0.0.0:8089")
		return
	}
	code, err := qr.Encode(s.URL, qr.M)
	if err != nil {
		refuse(w, http.StatusNotFound, "draw the address: "+err.Error(), "use a shorter one")
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml; charset=utf-8")
	fmt.Fprint(w, svgOf(code))
}

// svgOf draws a code: a row of dark modules is one rectangle of the path.
func svgOf(code *qr.Code) string {
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, x-from, x-from)
			}
		}
	}
	side := code.Size + 2*quietZone
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`+
		`<rect width="%d" height="%d" fill="#fff"/><path d="%s" fill="#000"/></svg>`, side, side, side, side, path.String())
}
