/** The form to sign in with. Where it is the demo it has the demo's people. */

import { useState, type FormEvent } from 'react';

import { signIn } from './session';
import { told } from './told';

export function SignInForm() {
  const people = told.signIns ?? [];
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState('');
  const [waiting, setWaiting] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setWaiting(true);
    setProblem('');
    try {
      await signIn(email, password);
    } catch (error) {
      setProblem((error as Error).message);
      setWaiting(false);
    }
  }

  function choose(chosen: string) {
    const person = people.find((each) => each.email === chosen);
    setEmail(person?.email ?? '');
    setPassword(person?.password ?? '');
  }

  return (
    <form className="jobwire-sign-in" onSubmit={submit}>
      <h1>Jobwire</h1>
      {people.length > 0 && (
        <label>
          Somebody of the demo
          <select value={people.some((each) => each.email === email) ? email : ''} onChange={(e) => choose(e.target.value)}>
            <option value="" />
            {people.map((each) => (
              <option key={each.email} value={each.email}>
                {each.who}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        E-mail address
        <input
          name="email"
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
      </label>
      <label>
        Password
        <input
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </label>
      {problem && <p role="alert">{problem}</p>}
      <button type="submit" disabled={waiting}>
        Sign in
      </button>
    </form>
  );
}
