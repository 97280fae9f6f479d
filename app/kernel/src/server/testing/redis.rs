//! A Redis of a test's own, which can be killed and started again.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

/// Listens on a port of its own, keeps nothing, and goes away with this value.
pub struct TestRedis {
    port: u16,
    password: Option<&'static str>,
    process: Option<Child>,
}

impl TestRedis {
    /// # Panics
    /// Where tests run without `bin/test`, or no Redis starts.
    #[must_use]
    pub fn start(password: Option<&'static str>) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let mut redis = Self { port, password, process: None };
        redis.start_again();
        redis
    }

    /// Its address, with the password it wants.
    #[must_use]
    pub fn url(&self) -> String {
        let password = self.password.map(|password| format!(":{password}@")).unwrap_or_default();
        format!("redis://{password}127.0.0.1:{}", self.port)
    }

    /// Kills it, as a machine that fails does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// # Panics
    /// Where it does not start.
    pub fn start_again(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "test runs have no configuration file")]
        let program = std::env::var("MAINSTAY_TEST_REDIS")
            .expect("MAINSTAY_TEST_REDIS is not set: bin/test says where the server lies that this needs");
        let mut command = Command::new(program);
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/", "--port"]);
        command.arg(self.port.to_string());
        if let Some(password) = self.password {
            command.args(["--requirepass", password]);
        }
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.process = Some(started.expect("a Redis"));
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            sleep(Duration::from_millis(10));
        }
        panic!("Redis did not start");
    }
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        self.kill();
    }
}
