package cloud

import (
	"errors"
	"fmt"
)

// APIError is an operation that a service refused, in the form that all AWS APIs share
// (Amazon EC2 API Reference, Error codes).
type APIError struct {
	// Operation is the API operation: "ModifyInstanceAttribute".
	Operation string
	// Code is the service's error code: "IncorrectInstanceState".
	Code string
	// Message says what was wrong with the request.
	Message string
}

// NewAPIError is the refusal of an operation with a code, and why in words.
func NewAPIError(operation, code, message string) *APIError {
	return &APIError{Operation: operation, Code: code, Message: message}
}

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
