package chaos

import (
	"context"
	"errors"
	"fmt"
)

// modifyInstanceType asks for another type without a stop. On a running instance
// EC2 refuses with IncorrectInstanceState, and that refusal is what the action is
// there to observe.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
func modifyInstanceType() deed {
	return deed{
		inside:   true,
		evidence: "EC2's answer, and the type that DescribeInstances says afterwards",
		perishes: true,
		made:     "the lab's own EC2 answers, with the code of AWS; no machine is touched",
		effect:   func(t *target, v values) effect { return &modified{target: t, want: v.instanceType} },
	}
}

type modified struct {
	*target
	want    string
	refused *Refusal
	done    bool
}

func (m *modified) ready(context.Context) error { return nil }

func (m *modified) inject(ctx context.Context) error {
	err := m.lab.ModifyInstanceType(ctx, m.name, m.want)
	if errors.As(err, &m.refused) {
		return nil
	}
	m.done = err == nil || ctx.Err() != nil
	return err
}

func (m *modified) confirm(ctx context.Context) (string, bool) {
	now, _ := m.instance(m.name)
	m.became(now)
	m.facts["type_wanted"] = m.want
	if m.refused != nil {
		m.facts["accepted"], m.facts["code"], m.facts["message"] = false, m.refused.Code, m.refused.Message
		return fmt.Sprintf("%s; DescribeInstances says %s, %s", m.refused, now.Type, now.State), now.Type == m.before.Type
	}
	m.facts["accepted"], m.facts["code"] = true, ""
	return fmt.Sprintf("accepted; DescribeInstances says %s, %s", now.Type, now.State), now.Type == m.want
}

func (m *modified) left() remains {
	if m.done && m.want != m.before.Type {
		return leavesChange
	}
	return leavesNothing
}

func (m *modified) undo(ctx context.Context) error {
	if now, _ := m.instance(m.name); now.State == "stopped" {
		return m.lab.ModifyInstanceType(ctx, m.name, m.before.Type)
	}
	return m.changeType(ctx, m.before.Type)
}

func (m *modified) gone(ctx context.Context) (string, bool) {
	now, _ := m.instance(m.name)
	return "DescribeInstances says " + now.Type, now.Type == m.before.Type
}
