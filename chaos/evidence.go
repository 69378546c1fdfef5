package chaos

import "strings"

// evidence is what the probe saw of each target.
func (l *life) evidence() string {
	var all []string
	for _, h := range l.hits {
		switch {
		case h.evidence == "":
		case len(l.hits) == 1:
			all = append(all, h.evidence)
		default:
			all = append(all, h.name+": "+h.evidence)
		}
	}
	return strings.Join(all, " | ")
}

// facts are those of the first target, and those of every target under "name/key"
// where there are several.
func (l *life) facts() map[string]any {
	all := map[string]any{}
	for i, h := range l.hits {
		for key, value := range h.facts {
			if i == 0 {
				all[key] = value
			}
			if len(l.hits) > 1 {
				all[h.name+"/"+key] = value
			}
		}
	}
	return all
}
