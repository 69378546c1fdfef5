package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// placeOf adds to the error of decoding data, which is JSON, the line and the column that it is
// about. An end that is missing has no place.
func placeOf(data []byte, err error) error {
	var offset int64
	syntax, kind := new(json.SyntaxError), new(json.UnmarshalTypeError)
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	default:
		return err
	}
	if offset <= 0 || offset > int64(len(data)) || errors.As(err, &syntax) && offset == int64(len(data)) {
		return err
	}
	before := data[:offset-1]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}
