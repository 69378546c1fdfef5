package dashboards

import (
	"errors"
	"fmt"
	"net/url"
	"slices"

	gapi "github.com/grafana/grafana-api-golang-client"
)

// maxAnnotationPages bounds how often a server is asked for more annotations.
const maxAnnotationPages = 100

// RemoveDashboards takes the run's dashboards off the server and returns how many were
// there. That one is not there is no error. The folder stays: other runs may be in it.
func (p *Pusher) RemoveDashboards() (int, error) {
	removed := 0
	for _, d := range RunDashboards(p.run, p.begin, p.end) {
		err := p.client.DeleteDashboardByUID(d.UID)
		if missing(err) {
			continue
		}
		if err != nil {
			return removed, fmt.Errorf("remove dashboard %s: %w", d.UID, explain(err))
		}
		removed++
	}
	return removed, nil
}

// RemoveAnnotations takes the run's annotations off the server and returns how many
// were there. Only those with showdown's tag and the run's are touched.
func (p *Pusher) RemoveAnnotations() (int, error) {
	removed := 0
	// The server answers with a limited number, so it is asked until none is left.
	for range maxAnnotationPages {
		found, err := p.client.Annotations(url.Values{
			"tags": {Tag, runTag(p.run)}, "matchAny": {"false"}, "type": {"annotation"}, "limit": {"500"},
		})
		if err != nil {
			return removed, fmt.Errorf("find the annotations of %s: %w", p.run, explain(err))
		}
		if len(found) == 0 {
			return removed, nil
		}
		for _, a := range found {
			if !slices.Contains(a.Tags, Tag) || !slices.Contains(a.Tags, runTag(p.run)) {
				return removed, fmt.Errorf("find the annotations of %s: the server answers with one that has the tags %q", p.run, a.Tags)
			}
			if _, err := p.client.DeleteAnnotation(a.ID); err != nil && !missing(err) {
				return removed, fmt.Errorf("remove annotation %d: %w", a.ID, explain(err))
			}
			removed++
		}
	}
	return removed, fmt.Errorf("remove the annotations of %s: the server has more of them each time it is asked", p.run)
}

// missing says that the server does not have what it was asked for.
func missing(err error) bool {
	var typed gapi.ErrNotFound
	return errors.As(err, &typed)
}
