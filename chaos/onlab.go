package chaos

import (
	"context"
	"errors"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/ec2"
	"showdown/targets/lab"
)

// OnLab is l as an experiment sees it. The lab must be up, and [lab.Lab.Run] must go
// on until the experiment is rolled back, since the operations take place in it.
func OnLab(l *lab.Lab) Lab { return onLab{l} }

type onLab struct{ *lab.Lab }

func (l onLab) Instances() []Instance {
	var out []Instance
	for _, in := range l.Lab.Instances() {
		out = append(out, l.seen(in))
	}
	return out
}

func (l onLab) Instance(name string) (Instance, bool) {
	in, ok := l.Lab.Instance(name)
	if !ok {
		return Instance{}, false
	}
	return l.seen(in), true
}

// seen is an instance of the lab as an experiment sees it.
func (l onLab) seen(in lab.Instance) Instance {
	groups := l.VPC()
	return Instance{
		Instance: in.Instance, State: string(in.State), Type: in.Type,
		Private: in.Private, Public: in.Public, Elastic: in.Elastic,
		Closed: groups != nil && !groups.Allows(showdown.FromInternet, in.Name, cloud.Port),
	}
}

func (l onLab) StopInstance(ctx context.Context, name string) error {
	return l.operate(func(r *ec2.Region) error { return r.StopInstances(ctx, name) })
}

func (l onLab) StartInstance(ctx context.Context, name string) error {
	return l.operate(func(r *ec2.Region) error { return r.StartInstances(ctx, name) })
}

func (l onLab) ResizeInstance(ctx context.Context, name, instanceType string) error {
	return l.operate(func(r *ec2.Region) error { return r.ResizeInstance(ctx, name, instanceType) })
}

func (l onLab) ModifyInstanceType(ctx context.Context, name, instanceType string) error {
	return l.operate(func(r *ec2.Region) error { return r.ModifyInstanceAttribute(ctx, name, instanceType) })
}

func (l onLab) LaunchInstance(ctx context.Context, in showdown.Instance) error {
	return translated(l.Launch(ctx, in))
}

func (l onLab) TerminateInstance(ctx context.Context, name string, silent bool) error {
	return translated(l.Terminate(ctx, name, silent))
}

func (l onLab) AllocateAddress(ctx context.Context) (address string, err error) {
	err = l.operate(func(r *ec2.Region) error {
		address, err = r.AllocateAddress(ctx)
		return err
	})
	return address, err
}

func (l onLab) ReleaseAddress(ctx context.Context, address string) error {
	return l.operate(func(r *ec2.Region) error { return r.ReleaseAddress(ctx, address) })
}

func (l onLab) AssociateAddress(ctx context.Context, address, name string) error {
	return l.operate(func(r *ec2.Region) error { return r.AssociateAddress(ctx, address, name, true) })
}

func (l onLab) RemoveRecord(_ context.Context, host, address string) error {
	return translated(l.Lab.RemoveRecord(host, address))
}

func (l onLab) RestoreRecord(_ context.Context, host, address string) error {
	return translated(l.Lab.RestoreRecord(host, address))
}

func (l onLab) Cut(ctx context.Context, a, b string) error {
	return translated(l.VPC().Cut(ctx, a, b))
}

func (l onLab) Uncut(ctx context.Context, a, b string) error {
	return translated(l.VPC().Uncut(ctx, a, b))
}

func (l onLab) Authorize(ctx context.Context, group, source string) error {
	return translated(l.VPC().AuthorizeIngress(ctx, group, showdown.SecurityRule{From: source}))
}

func (l onLab) Revoke(ctx context.Context, group, source string) error {
	return translated(l.VPC().RevokeIngress(ctx, group, showdown.SecurityRule{From: source}))
}

func (l onLab) Members(group string) []string { return l.VPC().Members(group) }

func (l onLab) Allowed(source, instance string) bool {
	return l.VPC().Allows(source, instance, cloud.Port)
}

func (l onLab) Matrix(ctx context.Context) error {
	_, err := l.Reach(ctx)
	return err
}

// operate carries out an operation in the lab's Region and translates its refusal.
func (l onLab) operate(call func(*ec2.Region) error) error {
	region := l.EC2()
	if region == nil {
		return errors.New("the lab is not up")
	}
	return translated(call(region))
}

// translated is an error of the lab in the words of an experiment.
func translated(err error) error {
	var refused *cloud.APIError
	if errors.As(err, &refused) {
		return &Refusal{Operation: refused.Operation, Code: refused.Code, Message: refused.Message}
	}
	return err
}
