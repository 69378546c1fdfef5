package report

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"showdown"
	"showdown/results"
	"showdown/results/draw"
)

// pageFiles are the template of a page and its style.
//
//go:embed page.tmpl page.css
var pageFiles embed.FS

// Plate is a figure as a page shows it.
type Plate struct {
	// ID is that of the figure, such as F1, Title its message in one sentence, and
	// Caption what one has to know to read it.
	ID, Title, Caption string
	Picture            *draw.Picture
}

// RunPage is what the HTML report of a run is made of.
type RunPage struct {
	Summary  *results.Summary
	Manifest *results.Manifest
	// Strip is the figure of the first screen; nil leaves it out.
	Strip  *Plate
	Plates []Plate
}

// JourneyPage is what the HTML report of a journey is made of.
type JourneyPage struct {
	Summary  *results.JourneySummary
	Manifest *results.JourneyManifest
	Strip    *Plate
	// Plates compare the stages; Stages are the runs in their order.
	Plates []Plate
	Stages []RunPage
}

// HTML writes the report of a run as one document that needs nothing else: no network, no
// script, no font.
func HTML(w io.Writer, p RunPage) error {
	section := p.section(nil)
	return writePage(w, page{
		Title: section.Name + " · showdown", Language: "en", Run: &section,
		Data: embedded(p.Summary),
	})
}

// JourneyHTML writes the report of a journey: a chapter with a section for each stage.
func JourneyHTML(w io.Writer, p JourneyPage) error {
	chapter := p.chapter()
	return writePage(w, page{
		Title: chapter.Title + " · showdown", Language: "en", Journey: &chapter,
		Data: embedded(p.Summary),
	})
}

// page is what the template sees.
type page struct {
	Title, Language string
	Style           template.CSS
	Run             *section
	Journey         *chapter
	Data            template.JS
}

func writePage(w io.Writer, p page) error {
	style, err := pageFiles.ReadFile("page.css")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	p.Style = template.CSS(themeCSS() + string(style))
	t, err := template.New("page.tmpl").Funcs(template.FuncMap{
		"blocks": blockHTML, "plate": plateHTML, "mark": verdictMark, "word": verdictWord,
		"line": unbroken, "lines": lines, "heading": func(text string) string { return capped(unbroken(text), titleRunes) },
	}).ParseFS(pageFiles, "page.tmpl")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	// A page that cannot be made leaves nothing half written behind.
	var out bytes.Buffer
	if err := t.Execute(&out, p); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// themeCSS is the inks of the pictures in a page, for light and for dark; paper is light.
func themeCSS() string {
	return ":root{" + draw.Light().CSS() + "}\n@media screen and (prefers-color-scheme:dark){:root{" + draw.Dark().CSS() + "}}\n"
}

// embedded is a summary as JSON for a script element, in which encoding/json leaves no <.
func embedded(v any) template.JS {
	data, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return template.JS(data)
}

// verdictMark is a verdict as a sign that is not told by its colour.
func verdictMark(v showdown.Verdict) string {
	switch v {
	case showdown.Held:
		return "✓"
	case showdown.Deviated:
		return "✗"
	case measured:
		return "·"
	}
	return "?"
}

// verdictWord is a verdict as a class and a word.
func verdictWord(v showdown.Verdict) string {
	switch v {
	case showdown.Held, showdown.Deviated, measured:
		return string(v)
	}
	return "unknown"
}

// plateHTML is a figure with its message above and its caption below.
func plateHTML(p *Plate) template.HTML {
	if p == nil || p.Picture == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<figure class="plate">`)
	if p.Title != "" {
		fmt.Fprintf(&b, "<h3>%s</h3>\n", template.HTMLEscapeString(unbroken(p.Title)))
	}
	if err := p.Picture.Inline(&b, "drawing"); err != nil {
		return ""
	}
	fmt.Fprintf(&b, "<figcaption><b>%s</b> %s</figcaption>", template.HTMLEscapeString(clean(p.ID)), template.HTMLEscapeString(clean(p.Caption)))
	b.WriteString("</figure>")
	return template.HTML(b.String())
}

// blockHTML lays blocks of a document out.
func blockHTML(d document) template.HTML {
	var b strings.Builder
	text := func(s string) string { return template.HTMLEscapeString(unbroken(s)) }
	for _, block := range d {
		switch block := block.(type) {
		case heading:
			fmt.Fprintf(&b, "<h3>%s</h3>\n", text(block.text))
			if block.aside != "" {
				fmt.Fprintf(&b, "<p class=\"aside\">%s</p>\n", text(block.aside))
			}
		case paragraph:
			class := ""
			if block.faint {
				class = ` class="aside"`
			}
			fmt.Fprintf(&b, "<p%s>%s</p>\n", class, text(block.text))
		case table:
			tableHTML(&b, block)
		case list:
			listHTML(&b, block)
		}
	}
	return template.HTML(b.String())
}

func tableHTML(b *strings.Builder, t table) {
	class := ""
	if t.numbers {
		class = ` class="numbers"`
	}
	fmt.Fprintf(b, "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table%s><thead><tr>", class)
	for _, h := range t.head {
		fmt.Fprintf(b, "<th scope=\"col\">%s</th>", template.HTMLEscapeString(clean(h)))
	}
	b.WriteString("</tr></thead><tbody>\n")
	for _, row := range t.rows {
		b.WriteString("<tr>")
		for i, c := range row {
			indent := ""
			if i == 0 && strings.HasPrefix(c, "  ") {
				indent = ` class="in"`
			}
			tag := "td"
			if i == 0 {
				tag = `th scope="row"`
			}
			fmt.Fprintf(b, "<%s%s>%s</%s>", tag, indent, template.HTMLEscapeString(clean(c)), strings.Fields(tag)[0])
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div>\n")
}

// isCode says that a detail is an expression, which is shown as it can be copied: the one
// that is said in words beside it, or else what was expected itself.
func isCode(details []detail, d detail) bool {
	switch d.label {
	case writtenLabel:
		return true
	case "expected", "aborts if":
		return !slices.ContainsFunc(details, func(o detail) bool { return o.label == writtenLabel })
	}
	return false
}

func listHTML(b *strings.Builder, l list) {
	text := func(s string) string { return template.HTMLEscapeString(unbroken(s)) }
	b.WriteString("<ul class=\"entries\">\n")
	for _, e := range l {
		badge := fmt.Sprintf(`<b class="letter">%s</b>`, text(e.word()))
		if e.verdict != "" {
			badge = fmt.Sprintf(`<b class="verdict %s">%s %s</b>`, verdictWord(e.verdict), verdictMark(e.verdict), text(e.word()))
		}
		fmt.Fprintf(b, "<li>%s <div><p>%s</p>", badge, text(e.text))
		if len(e.details) > 0 {
			b.WriteString("<dl>")
			for _, d := range e.details {
				value := text(d.text)
				if isCode(e.details, d) {
					value = "<code>" + template.HTMLEscapeString(clean(d.text)) + "</code>" // as it can be copied
				}
				fmt.Fprintf(b, "<dt>%s</dt><dd>%s</dd>", text(d.label), value)
			}
			b.WriteString("</dl>")
		}
		b.WriteString("</div></li>\n")
	}
	b.WriteString("</ul>\n")
}
