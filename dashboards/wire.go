package dashboards

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protowire"
)

// staleNaN is the value that ends a series: one of the many that are no number, which
// Prometheus knows by its bits.
const staleNaN = 0x7ff0000000000002

// remoteMessage is an encoded write request of remote write 1.0. The client of the
// protocol takes messages that can encode themselves; its own are those of version 2,
// which Prometheus takes since 2.54 alone.
type remoteMessage []byte

// Size is the length of the message in bytes.
func (m remoteMessage) Size() int { return len(m) }

// MarshalToSizedBuffer writes the message to the end of buf and returns its length.
func (m remoteMessage) MarshalToSizedBuffer(buf []byte) (int, error) {
	return copy(buf[len(buf)-len(m):], m), nil
}

// wireLabel is a label of a series on the wire.
type wireLabel struct{ name, value string }

// encodeFamilies is the families as a write request at one moment, classic buckets for
// histograms. It notes the series in written.
func encodeFamilies(families []*dto.MetricFamily, extra map[string]string, at time.Time, written map[string][]wireLabel) remoteMessage {
	var out remoteMessage
	sample := func(name string, own []*dto.LabelPair, value float64, more ...wireLabel) {
		values := map[string]string{"__name__": name}
		maps.Copy(values, extra)
		for _, l := range own {
			values[l.GetName()] = l.GetValue()
		}
		for _, l := range more {
			values[l.name] = l.value
		}
		labels, key := make([]wireLabel, 0, len(values)), ""
		for _, name := range slices.Sorted(maps.Keys(values)) {
			labels = append(labels, wireLabel{name, values[name]})
			key += name + "\xff" + values[name] + "\xff"
		}
		written[key] = labels
		out = appendSeries(out, labels, math.Float64bits(value), at)
	}
	for _, f := range families {
		name := f.GetName()
		for _, m := range f.Metric {
			switch {
			case m.Counter != nil:
				sample(name, m.Label, m.Counter.GetValue())
			case m.Gauge != nil:
				sample(name, m.Label, m.Gauge.GetValue())
			case m.Untyped != nil:
				sample(name, m.Label, m.Untyped.GetValue())
			case m.Summary != nil:
				for _, q := range m.Summary.Quantile {
					sample(name, m.Label, q.GetValue(), wireLabel{"quantile", number(q.GetQuantile())})
				}
				sample(name+"_sum", m.Label, m.Summary.GetSampleSum())
				sample(name+"_count", m.Label, float64(m.Summary.GetSampleCount()))
			case m.Histogram != nil:
				for _, b := range m.Histogram.Bucket {
					sample(name+"_bucket", m.Label, float64(b.GetCumulativeCount()), wireLabel{"le", number(b.GetUpperBound())})
				}
				sample(name+"_bucket", m.Label, float64(m.Histogram.GetSampleCount()), wireLabel{"le", "+Inf"})
				sample(name+"_sum", m.Label, m.Histogram.GetSampleSum())
				sample(name+"_count", m.Label, float64(m.Histogram.GetSampleCount()))
			}
		}
	}
	return out
}

// encodeEnd is a write request that ends every series of written.
func encodeEnd(written map[string][]wireLabel, at time.Time) remoteMessage {
	var out remoteMessage
	for _, key := range slices.Sorted(maps.Keys(written)) {
		out = appendSeries(out, written[key], staleNaN, at)
	}
	return out
}

// number is a bound as the text format of Prometheus writes it.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// appendSeries adds a TimeSeries with one sample to a WriteRequest. The field numbers
// are those of prometheus.WriteRequest in the specification of version 1.0.
func appendSeries(out remoteMessage, labels []wireLabel, bits uint64, at time.Time) remoteMessage {
	var series []byte
	for _, l := range labels {
		var label []byte
		label = protowire.AppendString(protowire.AppendTag(label, 1, protowire.BytesType), l.name)
		label = protowire.AppendString(protowire.AppendTag(label, 2, protowire.BytesType), l.value)
		series = protowire.AppendBytes(protowire.AppendTag(series, 1, protowire.BytesType), label)
	}
	var sample []byte
	sample = protowire.AppendFixed64(protowire.AppendTag(sample, 1, protowire.Fixed64Type), bits)
	sample = protowire.AppendVarint(protowire.AppendTag(sample, 2, protowire.VarintType), uint64(at.UnixMilli()))
	series = protowire.AppendBytes(protowire.AppendTag(series, 2, protowire.BytesType), sample)
	return protowire.AppendBytes(protowire.AppendTag(out, 1, protowire.BytesType), series)
}
