package elb

import (
	"fmt"

	"showdown"
	"showdown/targets/cloud"
)

// APIError is an operation that was refused.
type APIError = cloud.APIError

// The error codes that a [Balancer] answers with: those of the Elastic Load Balancing
// API (versions 2015-12-01 and, for a Classic Load Balancer, 2012-06-01) and of the
// zonal shift API of Application Recovery Controller.
const (
	CodeTargetGroupNotFound  = "TargetGroupNotFound"
	CodeInvalidTarget        = "InvalidTarget"
	CodeInvalidInstance      = "InvalidInstance"
	CodeInvalidConfiguration = "InvalidConfigurationRequest"
	CodeValidationError      = "ValidationError"
	CodeResourceNotFound     = "ResourceNotFoundException"
	CodeConflict             = "ConflictException"
	CodeValidationException  = "ValidationException"
)

// operation is a request that can be refused.
type operation string

const (
	opRegister    operation = "RegisterTargets"
	opDeregister  operation = "DeregisterTargets"
	opModifyGroup operation = "ModifyTargetGroup"
	opAttributes  operation = "ModifyTargetGroupAttributes"
	opStartShift  operation = "StartZonalShift"
	opCancelShift operation = "CancelZonalShift"
)

// named is the operation's name in the API of a load balancer's type.
func (o operation) named(classic bool) string {
	if classic {
		switch o {
		case opRegister:
			return "RegisterInstancesWithLoadBalancer"
		case opDeregister:
			return "DeregisterInstancesFromLoadBalancer"
		case opModifyGroup:
			return "ConfigureHealthCheck"
		case opAttributes:
			return "ModifyLoadBalancerAttributes"
		}
	}
	return string(o)
}

// Code is the error code of the [APIError] that err wraps; empty when there is none.
func Code(err error) string { return cloud.Code(err) }

// refused notes that an operation was refused and returns the refusal. b.mu is held.
func (b *Balancer) refused(op operation, target, code, format string, args ...any) error {
	e := cloud.NewAPIError(op.named(b.classic()), code, fmt.Sprintf(format, args...))
	b.outbox.add(showdown.APIRefused, target, map[string]any{
		"operation": e.Operation, "code": e.Code, "message": e.Message,
	})
	return e
}

// noTarget is the code of an instance that cannot be registered.
func (b *Balancer) noTarget() string {
	if b.classic() {
		return CodeInvalidInstance
	}
	return CodeInvalidTarget
}
