// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Command prometheus-adapter serves custom.metrics.k8s.io and external.metrics.k8s.io out of Prometheus. Discovery, naming and queries are
// those of upstream's prometheus-adapter, and so are the flags there are; this main builds them with the Kubernetes libraries that the
// platform's other programs have, for which upstream's main is too old. Left out: resource metrics, which metrics-server has, and
// credentials for Prometheus, which has none in the cluster.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/logs"
	"k8s.io/klog/v2"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/cmd"

	"sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	custom "sigs.k8s.io/prometheus-adapter/pkg/custom-provider"
	external "sigs.k8s.io/prometheus-adapter/pkg/external-provider"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// settings are the flags of the adapter itself; those of an extension API server come with cmd.AdapterBase.
type settings struct {
	prometheusURL  string
	rules          string
	relistInterval time.Duration
	maxAge         time.Duration
}

// untimed leaves out a query's own timeout. Upstream's client makes it of the request's deadline, with the sign the wrong way round, which
// older libraries wrote down as nothing and these ones as a negative duration that Prometheus refuses. The context ends a query in time.
type untimed struct{ client.GenericAPIClient }

// Do sends a query.
func (api untimed) Do(ctx context.Context, verb, endpoint string, query url.Values) (client.APIResponse, error) {
	query.Del("timeout")
	return api.GenericAPIClient.Do(ctx, verb, endpoint, query)
}

func main() {
	logs.InitLogs()
	defer logs.FlushLogs()
	if err := run(genericapiserver.SetupSignalContext()); err != nil {
		klog.ErrorS(err, "The adapter ends")
		logs.FlushLogs()
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context) error {
	server := &cmd.AdapterBase{Name: "prometheus-metrics-adapter"}
	wanted, err := parse(server)
	if err != nil {
		return err
	}
	rules, err := config.FromFile(wanted.rules)
	if err != nil {
		return fmt.Errorf("--config %s: %w", wanted.rules, err)
	}
	address, err := url.Parse(wanted.prometheusURL)
	if err != nil {
		return fmt.Errorf("--prometheus-url %q: %w", wanted.prometheusURL, err)
	}
	api := untimed{client.NewGenericAPIClient(&http.Client{}, address, nil)}
	prometheus := client.NewClientForAPI(api, http.MethodGet)
	if err := provide(ctx, server, wanted, rules, prometheus); err != nil {
		return err
	}
	return server.Run(ctx)
}

func parse(server *cmd.AdapterBase) (settings, error) {
	wanted := settings{}
	flags := server.Flags()
	flags.StringVar(&wanted.prometheusURL, "prometheus-url", "", "where Prometheus answers")
	flags.StringVar(&wanted.rules, "config", "", "file with the rules that make metrics of series")
	flags.DurationVar(&wanted.relistInterval, "metrics-relist-interval", 10*time.Minute, "how often series are listed")
	flags.DurationVar(&wanted.maxAge, "metrics-max-age", 0, "how old a series may be; the relist interval where it is not given")
	logs.AddFlags(flags)
	if err := flags.Parse(os.Args); err != nil {
		return wanted, err
	}
	if wanted.maxAge == 0 {
		wanted.maxAge = wanted.relistInterval
	}
	if wanted.maxAge < wanted.relistInterval {
		return wanted, fmt.Errorf("--metrics-max-age: found %v, expected at least --metrics-relist-interval, %v", wanted.maxAge, wanted.relistInterval)
	}
	return wanted, nil
}

// provide starts the listing of series, and has the server answer from it.
func provide(ctx context.Context, server *cmd.AdapterBase, wanted settings, rules *config.MetricsDiscoveryConfig, prometheus client.Client) error {
	mapper, err := server.RESTMapper()
	if err != nil {
		return fmt.Errorf("the cluster's resource kinds: %w", err)
	}
	if len(rules.Rules) > 0 {
		objects, err := server.DynamicClient()
		if err != nil {
			return fmt.Errorf("the cluster's API: %w", err)
		}
		namers, err := naming.NamersFromConfig(rules.Rules, mapper)
		if err != nil {
			return fmt.Errorf("rules: %w", err)
		}
		metrics, lister := custom.NewPrometheusProvider(mapper, objects, prometheus, namers, wanted.relistInterval, wanted.maxAge)
		lister.RunUntil(ctx.Done())
		server.WithCustomMetrics(metrics)
	}
	if len(rules.ExternalRules) > 0 {
		namers, err := naming.NamersFromConfig(rules.ExternalRules, mapper)
		if err != nil {
			return fmt.Errorf("externalRules: %w", err)
		}
		metrics, lister := external.NewExternalPrometheusProvider(prometheus, namers, wanted.relistInterval, wanted.maxAge)
		lister.RunUntil(ctx.Done())
		server.WithExternalMetrics(metrics)
	}
	return nil
}
