//! What a program that asks is called.

/// What a program calls itself, as people call it.
pub fn device(agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| names.iter().find(|(part, _)| agent.contains(part)).map(|(_, n)| *n);
    // Each of these also calls itself by the names that come after it.
    let program =
        first(&[("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari")]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "a Mac"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) if agent.trim().is_empty() => "a program that does not say its name".to_owned(),
        (None, None) => format!("the program {}", agent.chars().take(60).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36";

    #[test]
    fn devices_have_the_names_people_know() {
        assert_eq!(device(CHROME), "Chrome on Linux");
        assert_eq!(
            device("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Version/17.4 Mobile Safari/604.1"),
            "Safari on an iPhone"
        );
        assert_eq!(device("curl/8.5.0"), "the program curl/8.5.0");
        assert_eq!(device(""), "a program that does not say its name");
    }
}
