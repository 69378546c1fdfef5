package dashboards

import (
	"strconv"

	"showdown"
)

func queryVariable(name, label, description, q string) Variable {
	ds := prometheusSource()
	return Variable{
		Name: name, Label: label, Description: description, Type: "query", Datasource: &ds, Definition: q,
		Query: VariableQuery{Query: q, RefID: "PrometheusVariableQueryEditor-VariableQuery"}, Options: []VariableText{}, Refresh: 2,
	}
}

// several lets a viewer choose more than one value, and at first all or the one given.
func (v Variable) several(first string) Variable {
	v.Multi, v.IncludeAll, v.Sort = true, true, 1
	v.Current = &VariableValue{Selected: true, Text: []string{"All"}, Value: []string{"$__all"}}
	if first != "" {
		v.Current = &VariableValue{Selected: true, Text: []string{first}, Value: []string{first}}
	}
	return v
}

func runVariable() Variable {
	v := queryVariable("run", "Run", "Id of the run; the newest is first.", `label_values(showdown_stage_info, run_id)`)
	v.Sort = 2 // descending: an id begins with its time
	return v
}

func stageVariable() Variable {
	return queryVariable("stage", "Stage", "Stages of the run.", `label_values(showdown_stage_info{run_id=~"$run"}, stage)`).several("")
}

func cellVariable() Variable {
	return queryVariable("cell", "Cell", "Cells of the stage: labs that differ on purpose and run side by side.",
		`label_values(showdown_requests_total{run_id=~"$run",stage=~"$stage"}, cell)`).several(showdown.BaseCell)
}

func endpointVariable() Variable {
	return queryVariable("endpoint", "Endpoint", "Paths, or the names of a scenario's requests.",
		`label_values(showdown_requests_total{run_id=~"$run",stage=~"$stage",cell=~"$cell"}, endpoint)`).several("")
}

func nodeVariable() Variable {
	return queryVariable("node", "Node", "Instances of the lab.",
		`label_values(showdown_node_state{run_id=~"$run",stage=~"$stage",cell=~"$cell"}, node)`).several("")
}

// objective is the latency that users accept. Its values are bounds of classic
// buckets, since the share within it is read from one.
func objective() Variable {
	v := Variable{
		Name: "slo", Label: "Objective", Description: "Latency within which an answer counts as fast enough, in seconds.",
		Type: "custom", Query: "100 ms : 0.1, 250 ms : 0.25, 500 ms : 0.5",
		Current: &VariableValue{Selected: true, Text: "250 ms", Value: "0.25"},
	}
	for _, s := range []float64{.1, .25, .5} {
		v.Options = append(v.Options, VariableText{
			Selected: s == .25, Text: strconv.Itoa(int(s*1000)) + " ms", Value: strconv.FormatFloat(s, 'g', -1, 64),
		})
	}
	return v
}
