//! Who gets traces and metrics: as both programs have it, in `[telemetry]`.

pub use telemetry::Settings as TelemetryConfig;

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn nobody_gets_anything_unless_it_is_configured() {
        let telemetry = Config::default().telemetry;
        assert!(telemetry.endpoint.is_none() && telemetry.prometheus.is_none());
        assert!(telemetry.check().is_ok());
    }

    #[test]
    fn a_mistake_names_its_key_and_no_password() {
        for (keys, key) in [
            ("endpont = 'http://h:1'", "endpont"),
            ("endpoint = 'http://me:hunter2@h:1'", "endpoint"),
            ("sampling_ratio = 'half'", "sampling_ratio"),
            ("attributes = 'x'", "attributes"),
        ] {
            let error = toml::from_str::<Config>(&format!("[telemetry]\n{keys}")).unwrap_err();
            assert!(error.to_string().contains(key), "{error}");
            assert!(!error.message().contains("hunter2"), "{error}");
        }
    }
}
