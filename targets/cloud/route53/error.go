package route53

import (
	"fmt"

	"showdown/targets/cloud"
)

// APIError is an operation that was refused.
type APIError = cloud.APIError

// The error codes that a [Zone] answers with.
const (
	CodeInvalidChangeBatch = "InvalidChangeBatch"
	CodeInvalidInput       = "InvalidInput"
	CodeNoSuchChange       = "NoSuchChange"
	CodeNoSuchHostedZone   = "NoSuchHostedZone"
)

// The operations that are refused by name.
const (
	opChange    = "ChangeResourceRecordSets"
	opGetChange = "GetChange"
)

// Code is the error code of the [APIError] that err wraps; empty when there is none.
func Code(err error) string { return cloud.Code(err) }

func invalidBatch(format string, args ...any) error {
	return cloud.NewAPIError(opChange, CodeInvalidChangeBatch, fmt.Sprintf(format, args...))
}

func invalidInput(format string, args ...any) error {
	return cloud.NewAPIError(opChange, CodeInvalidInput, fmt.Sprintf(format, args...))
}
