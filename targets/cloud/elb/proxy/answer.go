package proxy

import (
	"net/http"
	"strconv"
	"time"

	"showdown/targets/apps/clock"
)

// appendAnswer adds an answer of the node itself. It says who made it, as the answers of
// targets say who made them, so that the two can be told apart.
func appendAnswer(dst []byte, status int, node string, d delivery, at time.Time) []byte {
	code := strconv.Itoa(status) + " " + statusText(status)
	page := "<html>\r\n<head><title>" + code + "</title></head>\r\n<body>\r\n<center><h1>" + code +
		"</h1></center>\r\n</body>\r\n</html>\r\n"
	kind := "text/html"
	if status == http.StatusOK {
		page, kind = "ok\n", "text/plain"
	}
	dst = append(dst, "HTTP/1.1 "+code+"\r\nServer: awselb/2.0\r\nDate: "...)
	dst = at.UTC().AppendFormat(dst, http.TimeFormat)
	dst = append(dst, "\r\nContent-Type: "+kind+"\r\n"+clock.InstanceHeader+": "+node+"\r\n"...)
	dst = d.appendFraming(dst, int64(len(page)), status)
	dst = append(dst, "\r\n"...)
	if d.bodyless {
		return dst
	}
	return append(dst, page...)
}
