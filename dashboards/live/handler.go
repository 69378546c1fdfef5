package live

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"showdown/results/diagram"
	"showdown/results/draw"
)

//go:embed page
var page embed.FS

const (
	// heartbeat is the time after which a stream without a message shows that it is alive.
	heartbeat = 15 * time.Second
	// writeCap is how long a viewer may take to accept a message.
	writeCap = 10 * time.Second
)

// Options are what a [NewHandler] is told beside the hub.
type Options struct {
	// Hosts are names by which the page may be asked for, beside IP addresses and localhost.
	Hosts []string
	// Token is asked of whoever commands; empty asks nothing.
	Token string
	// Control is what commands act on, or else Replay; without both the page only looks on.
	Control Control
	Replay  *Replay
	// Address is where others open the page, such as "http://192.0.2.7:8089/"; the wall shows
	// it to phones. Empty shows none.
	Address string
	// Metrics answers /metrics and Machines /metrics/machines; nil answers nothing there.
	Metrics, Machines http.Handler
	// Now is the wall clock; nil is [time.Now].
	Now func() time.Time
}

// NewHandler serves the page of a hub and its interface.
func NewHandler(h *Hub, o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	mux := http.NewServeMux()
	files, _ := fs.Sub(page, "page") // the name is one of the files'
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { asset(w, r, files, "index.html") })
	mux.HandleFunc("GET /page/{name...}", func(w http.ResponseWriter, r *http.Request) { asset(w, r, files, r.PathValue("name")) })
	mux.HandleFunc("GET /page/drawing.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		fmt.Fprintf(w, ":root{%s}\n[data-theme=dark]{%s}\n%s", draw.Light().CSS(), draw.Dark().CSS(), diagram.CSS())
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /api/v1/state", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, h.State()) })
	mux.HandleFunc("GET /api/v1/events", h.stream)
	mux.HandleFunc("GET /api/v1/drawing", h.serveDrawing)
	if o.Metrics != nil {
		mux.Handle("GET /metrics", o.Metrics)
	}
	if o.Machines != nil {
		mux.Handle("GET /metrics/machines", o.Machines)
	}
	share := shareOf(o.Address)
	mux.HandleFunc("GET /api/v1/qr.svg", share.serveQR)
	h.mu.Lock()
	h.share = share
	h.mu.Unlock()
	switch {
	case o.Control != nil:
		d := &desk{hub: h, control: o.Control}
		d.routes(mux)
		h.mu.Lock()
		h.desk, h.controls = d, true
		h.mu.Unlock()
		h.offer(o.Control.Buttons())
	case o.Replay != nil:
		d := &desk{hub: h, replay: o.Replay}
		d.routes(mux)
		h.mu.Lock()
		h.desk = d
		h.mu.Unlock()
		mux.HandleFunc("POST /api/v1/replay", o.Replay.command)
		mux.HandleFunc("POST /api/v1/stage", o.Replay.choose)
	default:
		mux.HandleFunc("POST /api/v1/", func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusConflict, "this page only looks on", "showdown replay takes commands")
		})
	}
	return newGuard(mux, o)
}

// asset serves an embedded file.
func asset(w http.ResponseWriter, r *http.Request, files fs.FS, name string) {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	types := map[string]string{
		".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	}
	if t := types[path.Ext(name)]; t != "" {
		w.Header().Set("Content-Type", t)
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the caller may be gone
}

// secondPrefix is before the ids of the second of two drawings on a page.
const secondPrefix = "second-"

// serveDrawing draws a cell's architecture, with every state of every node in it.
func (h *Hub) serveDrawing(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	d, err := h.drawing(q.Get("cell"), q.Get("lang"))
	if err != nil {
		refuse(w, http.StatusNotFound, err.Error(), "GET /api/v1/state lists the cells")
		return
	}
	side := func(name string, most float64) float64 {
		v, err := strconv.ParseFloat(q.Get(name), 64)
		if err != nil || !(v >= 100) {
			return most
		}
		return min(v, 4000)
	}
	view := diagram.View{W: side("w", 1000), H: side("h", 450), Size: side("size", 0), Dresses: true, Key: q.Get("key") == "1"}
	if s, err := strconv.ParseFloat(q.Get("size"), 64); err == nil && s >= 6 && s <= 100 {
		view.Size = s
	}
	if q.Get("second") == "1" { // two on a page share no id
		view.Prefix = secondPrefix
	}
	w.Header().Set("Content-Type", "image/svg+xml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = d.Draw(view).Inline(w, "drawing") // the caller may be gone
}

// stream tells a viewer everything that is known, and then what happens, until it leaves.
func (h *Hub) stream(w http.ResponseWriter, r *http.Request) {
	server, last := lastSeen(r.Header.Get("Last-Event-ID"))
	v, first, err := h.join(server, last)
	if err != nil {
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, err.Error(), "close another tab, or wait")
		return
	}
	defer h.leave(v)
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	write := func(text []byte) bool {
		_ = out.SetWriteDeadline(time.Now().Add(writeCap)) // a recorder has none
		if _, err := w.Write(text); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	if !write([]byte("retry: 1000\n\n")) {
		return
	}
	for _, m := range first {
		if !write(m.text) {
			return
		}
	}
	alive := time.NewTicker(heartbeat)
	defer alive.Stop()
	for {
		text := []byte(": alive\n\n")
		select {
		case <-r.Context().Done():
			return
		case <-alive.C:
		case m := <-v.messages:
			if again, lost := h.again(v); lost {
				m = again
			}
			text = m.text
		}
		if !write(text) {
			return
		}
	}
}

// lastSeen is the server and the number that an id names; nothing for one of another form.
func lastSeen(id string) (server string, seq uint64) {
	server, number, ok := strings.Cut(id, "-")
	seq, err := strconv.ParseUint(number, 10, 64)
	if !ok || err != nil {
		return "", 0
	}
	return server, seq
}
