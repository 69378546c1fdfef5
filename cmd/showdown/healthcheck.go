package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// healthCommand asks whether a showdown serves: the health check of its image, which
// has no other program to ask with.
const healthCommand = "__healthy"

// healthWait bounds the wait for the answer.
const healthWait = 2 * time.Second

// healthy fails unless the address answers 200 in time.
func healthy(address string) error {
	client := &http.Client{Timeout: healthWait}
	resp, err := client.Get(address)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(address + " answers " + fmt.Sprint(resp.StatusCode))
	}
	return nil
}
