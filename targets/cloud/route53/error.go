package route53

import (
	"errors"
	"fmt"
)

// APIError is an operation that Route 53 refused (Amazon Route 53 API Reference,
// ChangeResourceRecordSets, Errors).
type APIError struct {
	// Operation is the API operation: "ChangeResourceRecordSets".
	Operation string
	// Code is Route 53's error code, one of the Code constants.
	Code string
	// Message says what was wrong with the request.
	Message string
}

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

// Error is the refusal in one line: operation, code, message.
func (e *APIError) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.Operation, e.Code, e.Message)
}

// Code is the error code of the [APIError] that err wraps; empty when there is none.
func Code(err error) string {
	var api *APIError
	if errors.As(err, &api) {
		return api.Code
	}
	return ""
}

func invalidBatch(format string, args ...any) error {
	return &APIError{opChange, CodeInvalidChangeBatch, fmt.Sprintf(format, args...)}
}

func invalidInput(format string, args ...any) error {
	return &APIError{opChange, CodeInvalidInput, fmt.Sprintf(format, args...)}
}
